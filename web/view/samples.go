package view

// The line of code that fills a page, shown while it is empty.
const (
	wrapCode     = "tb, err := toolbar.New(toolbar.Config{})\nif err != nil {\n\tlog.Fatal(err)\n}\ndefer tb.Close(context.Background())\n\nhttp.ListenAndServe(\"127.0.0.1:8080\", tb.Wrap(mux))"
	queryCode    = "db, err := sqltap.Open(\"sqlite\", dsn) // instead of sql.Open"
	signalCode   = "var OrderPlaced = signals.New[Order](\"order_placed\")"
	connectCode  = "OrderPlaced.Connect(func(ctx context.Context, e signals.Event[Order]) error {\n\treturn nil\n}, signals.UID(\"send-confirmation\"))"
	stackCode    = "stack := middleware.NewStack(requestLog, session, csrf)\nhttp.ListenAndServe(addr, tb.Wrap(stack.Then(mux)))"
	routeCode    = "mux := middleware.NewMux() // instead of http.NewServeMux()"
	commandCode  = "root := commands.New(\"manage\")\nroot.Add(cleanup)\nos.Exit(root.Main(ctx))"
	cacheCode    = "users := cachetap.Wrap(\"users\", store) // or client.AddHook(redistap.New(\"redis\"))"
	callCode     = "client := &http.Client{Transport: httptap.Transport(nil)}"
	renderCode   = "pages := rendertap.HTML(templates) // or, of templ: rendertap.Component(\"cart\", Cart(lines))"
	filesCode    = "mux.Handle(\"/static/\", middleware.FileServerFS(\"static\", files)) // instead of http.FileServerFS(files)"
	taskCode     = "OrderPlaced.SendAsync(ctx, sender, order)"
	customCode   = "ctx, span := instrument.Start(ctx, resize) // var resize = instrument.NewHandler(instrument.KindCustom, \"resize\", instrument.Source{})\ndefer func() { span.End(err) }()"
	settingsCode = "tb, err := toolbar.New(toolbar.Config{Settings: config})"
	logCode      = "logger := slog.New(slogtap.New(slog.NewTextHandler(os.Stderr, nil)))"
)

// hasTrend tells whether any handler has a line to draw.
func hasTrend(rows []HandlerRow) bool {
	for _, r := range rows {
		if len(r.Trend) > 1 {
			return true
		}
	}
	return false
}
