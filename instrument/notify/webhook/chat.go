package webhook

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
)

// maxChat bounds a message: Discord takes 2,000 characters, the others more.
const maxChat = 1800

// chatText is a Notification as a message. What the app brought into it is escaped; links
// and emphasis are ours, in the form that all of them take.
func chatText(n *notify.Notification) string {
	mark := map[notify.Severity]string{notify.Error: "🔴", notify.Warning: "🟠"}[n.Severity]
	if n.State == notify.Ended {
		mark = "🟢"
	}
	lines := []string{strings.TrimSpace(mark + " *" + plain(head(n.Subject(), maxChat/4)) + "*")}
	if n.Text != "" {
		lines = append(lines, plain(head(n.Text, maxChat/4)))
	}
	if n.Fix != "" && n.State != notify.Ended {
		lines = append(lines, "Fix: "+plain(head(n.Fix, maxChat/4)))
	}
	lines = append(lines, plain(head(chatFacts(n), maxChat/8)))
	if n.URL != "" {
		lines = append(lines, n.URL)
	}
	return strings.Join(lines, "\n")
}

// chatFacts is the last line: where and since when.
func chatFacts(n *notify.Notification) string {
	var facts []string
	if n.Count > 0 && n.Of > 0 {
		facts = append(facts, fmt.Sprintf("%d of %d", n.Count, n.Of))
	} else if n.Count > 1 {
		facts = append(facts, fmt.Sprintf("%d times", n.Count))
	}
	if n.State != notify.Found && n.Since.Before(n.At) {
		facts = append(facts, "since "+n.Since.UTC().Format("15:04:05 UTC"))
	}
	for _, f := range []struct{ name, value string }{{"rule", n.Rule}, {"host", n.Host}, {"build", n.Build}} {
		if f.value != "" {
			facts = append(facts, f.name+" "+f.value)
		}
	}
	return strings.Join(facts, ", ")
}

// chatEscapes takes the meaning from what chats act on: <!channel> and links of Slack,
// mentions and links of the others.
var chatEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "@\u200b", "](", "]\u200b(", "`", "'", "*", "∗", "://", ":\u200b//")

// plain is text on one line that no chat acts on.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return chatEscapes.Replace(text)
}

// head is the beginning of a text that has more characters than that.
func head(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
