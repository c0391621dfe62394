CREATE TABLE IF NOT EXISTS users (
    id            INTEGER PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    is_admin      INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS profiles (
    user_id    INTEGER PRIMARY KEY REFERENCES users (id),
    newsletter INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS user_groups (
    user_id INTEGER NOT NULL REFERENCES users (id),
    name    TEXT NOT NULL,
    PRIMARY KEY (user_id, name)
);
CREATE TABLE IF NOT EXISTS registrations (
    user_id INTEGER PRIMARY KEY REFERENCES users (id),
    at      INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS customer_stats (
    user_id     INTEGER PRIMARY KEY REFERENCES users (id),
    orders      INTEGER NOT NULL DEFAULT 0,
    spent_cents INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS categories (
    slug     TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    blurb    TEXT NOT NULL,
    position INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS products (
    id          INTEGER PRIMARY KEY,
    sku         TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    category    TEXT NOT NULL REFERENCES categories (slug),
    shape       TEXT NOT NULL,
    glaze       TEXT NOT NULL,
    description TEXT NOT NULL,
    price_cents INTEGER NOT NULL,
    stock       INTEGER NOT NULL CHECK (stock >= 0),
    featured    INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS price_log (
    id         INTEGER PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    old_cents  INTEGER NOT NULL,
    new_cents  INTEGER NOT NULL,
    at         INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS price_log_product ON price_log (product_id);
CREATE TABLE IF NOT EXISTS restocks (
    id          INTEGER PRIMARY KEY,
    product_id  INTEGER NOT NULL REFERENCES products (id),
    quantity    INTEGER NOT NULL,
    ordered_at  INTEGER NOT NULL,
    received_at INTEGER
);
CREATE INDEX IF NOT EXISTS restocks_open ON restocks (product_id) WHERE received_at IS NULL;

CREATE TABLE IF NOT EXISTS orders (
    id          INTEGER PRIMARY KEY,
    user_id     INTEGER NOT NULL REFERENCES users (id),
    status      TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'shipped', 'cancelled')),
    method      TEXT NOT NULL CHECK (method IN ('card', 'transfer')),
    total_cents INTEGER NOT NULL,
    street      TEXT NOT NULL,
    city        TEXT NOT NULL,
    created_at  INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_user ON orders (user_id);
CREATE TABLE IF NOT EXISTS order_items (
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    product_id  INTEGER NOT NULL REFERENCES products (id),
    quantity    INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    PRIMARY KEY (order_id, product_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS order_status_log (
    id         INTEGER PRIMARY KEY,
    order_id   INTEGER NOT NULL REFERENCES orders (id),
    old_status TEXT NOT NULL,
    new_status TEXT NOT NULL,
    actor      TEXT NOT NULL,
    at         INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS order_status_log_order ON order_status_log (order_id);
CREATE TABLE IF NOT EXISTS payments (
    order_id     INTEGER PRIMARY KEY REFERENCES orders (id),
    method       TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    paid_at      INTEGER NOT NULL,
    refunded_at  INTEGER
);
CREATE TABLE IF NOT EXISTS shipments (
    order_id   INTEGER PRIMARY KEY REFERENCES orders (id),
    tracking   TEXT NOT NULL,
    shipped_at INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS mails (
    id        INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    subject   TEXT NOT NULL,
    body      TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    sent_at   INTEGER
);
CREATE TABLE IF NOT EXISTS feedback (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    rating     INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
    message    TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- Without an index on path, on purpose: search counts the visits of every hit here, and the toolbar is to say why that is slow.
CREATE TABLE IF NOT EXISTS activity (
    id      INTEGER PRIMARY KEY,
    user_id INTEGER,
    method  TEXT NOT NULL,
    path    TEXT NOT NULL,
    at      INTEGER NOT NULL
);

-- The columns that github.com/alexedwards/scs/sqlite3store asks for.
CREATE TABLE IF NOT EXISTS sessions (
    token  TEXT PRIMARY KEY,
    data   BLOB NOT NULL,
    expiry REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions (expiry);
