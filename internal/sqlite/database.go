package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/throughline-engine/throughline"
)

const (
	// busyTimeout is how long a statement waits for a lock of another connection.
	busyTimeout = 5 * time.Second
	// readers is how many connections read one database at the same time.
	readers = 4
	// applicationID marks our files: "Thln" in ASCII.
	applicationID = 0x54686c6e
)

// database is one file: a connection that writes, and a pool that reads.
type database struct {
	dir, name string
	write     *sql.Conn
	writer    *sql.DB
	read      *sql.DB

	copier   *sql.DB       // of the log, beside the writer
	copySoon chan struct{} // holds one when there is something to copy
	copying  sync.WaitGroup

	closing   atomic.Bool
	preparing sync.Mutex
	prepared  []*sql.Stmt
}

// statement is a text and where its prepared form goes.
type statement struct {
	stmt **sql.Stmt
	text string
}

// prepare prepares the statements on one connection. Finalize closes them.
func prepare(ctx context.Context, d *database, conn *sql.Conn, list []statement) (err error) {
	var made []*sql.Stmt
	for _, s := range list {
		if *s.stmt, err = conn.PrepareContext(ctx, s.text); err != nil {
			return errors.Join(d.failed("read", err), closeAll(made))
		}
		made = append(made, *s.stmt)
	}
	d.preparing.Lock()
	defer d.preparing.Unlock()
	d.prepared = append(d.prepared, made...)
	return nil
}

// finalize closes every prepared statement. That comes before their connections
// are given back: the pool closes one whose last read was cut short, and the
// driver would then free a statement of a connection that is gone.
func (d *database) finalize() error {
	d.preparing.Lock()
	defer d.preparing.Unlock()
	made := d.prepared
	d.prepared = nil
	return closeAll(made)
}

func closeAll(made []*sql.Stmt) error {
	var errs []error
	for _, s := range made {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// migrations are the statements that bring a file from one version to the next.
// The list only ever grows: what is in it has run on somebody's disk.
type migrations []string

// secureDelete has SQLite zero what it deletes.
const secureDelete = "secure_delete(ON)"

// openDatabase opens the file and brings it up to the last of the steps. More
// pragmas are for the connection that writes.
func openDatabase(ctx context.Context, dir, name string, steps migrations, cfg Config, more ...string) (*database, error) {
	d := &database{dir: dir, name: name}
	pragmas := append([]string{
		"busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"temp_store(MEMORY)",       // or deleted bytes could lie in a temporary file
		"wal_autocheckpoint(8000)", // 32 MiB; of the journal's, most is copied back before, see copyBackSoon
		"journal_size_limit(67108864)",
	}, more...)
	if cfg.MaxPages > 0 {
		pragmas = append(pragmas, "max_page_count("+strconv.Itoa(cfg.MaxPages)+")")
	}
	// SQLite gives the files beside it, the log and its index, the same mode.
	f, err := os.OpenFile(d.path(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, d.failed("opened", err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, d.failed("opened", err)
	}
	if d.writer, err = openPool(d.path(), 1, pragmas); err != nil {
		return nil, d.failed("opened", err)
	}
	if d.write, err = d.writer.Conn(ctx); err != nil {
		return nil, errors.Join(d.failed("opened", err), d.close())
	}
	if err := d.migrate(ctx, steps); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if d.read, err = openPool(d.path(), readers, []string{pragmas[0], "query_only(ON)"}); err != nil {
		return nil, errors.Join(d.failed("opened", err), d.close())
	}
	if d.copier, err = openPool(d.path(), 1, []string{"synchronous(FULL)"}); err != nil {
		return nil, errors.Join(d.failed("opened", err), d.close())
	}
	d.copySoon = make(chan struct{}, 1)
	d.copying.Go(d.copyBack)
	return d, nil
}

// copyBack copies the log back into the file whenever it is asked to, on a
// connection of its own: the writer would wait for the disk.
func (d *database) copyBack() {
	for range d.copySoon {
		// What is not copied now stays in the log, and is copied the next time.
		_, _ = d.copier.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)")
	}
}

// copyBackSoon asks copyBack to go to work. Only the writer calls it, and not
// after close.
func (d *database) copyBackSoon() {
	select {
	case d.copySoon <- struct{}{}:
	default: // it has been asked already
	}
}

// openPool sets the pragmas in the data source name, so that every connection
// the pool ever makes has them.
func openPool(path string, connections int, pragmas []string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: url.Values{
		"_pragma": pragmas, "_txlock": {"immediate"}, "_dqs": {"0"},
	}.Encode()}
	connector, err := driver.NewConnector(name.String())
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

func (d *database) path() string { return filepath.Join(d.dir, d.name) }

func (d *database) migrate(ctx context.Context, steps migrations) error {
	var version int
	if err := d.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return d.failed("read", err)
	}
	if version > len(steps) {
		return throughline.Errorf(throughline.Conflict, "%s was written by a newer Throughline: it has version %d, and this one knows %d", d.path(), version, len(steps)).
			WithFix("use the newer Throughline, or restore a backup from before the update")
	}
	for ; version < len(steps); version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT;", steps[version], applicationID, version+1)
		if _, err := d.write.ExecContext(ctx, step); err != nil {
			_, undo := d.write.ExecContext(ctx, "ROLLBACK")
			return d.failed(fmt.Sprintf("brought to version %d", version+1), errors.Join(err, undo))
		}
	}
	return nil
}

// close copies the log back into the file, as the last connection does, and
// closes it.
func (d *database) close() error {
	d.closing.Store(true)
	var errs []error
	if d.copySoon != nil {
		close(d.copySoon)
		d.copying.Wait()
		errs = append(errs, d.copier.Close())
	}
	errs = append(errs, d.finalize())
	if d.read != nil {
		errs = append(errs, d.read.Close())
	}
	if d.write != nil {
		errs = append(errs, d.write.Close())
	}
	return errors.Join(append(errs, d.writer.Close())...)
}

// truncateLog copies the whole log back into the file and cuts it to nothing.
func (d *database) truncateLog(ctx context.Context) error {
	var busy, logged, copied int
	err := d.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &logged, &copied)
	if err != nil {
		return d.failed("cleaned", err)
	}
	if busy != 0 {
		return throughline.Errorf(throughline.Unavailable, "%s cannot be cleaned: a read has been going on for over %v", d.name, busyTimeout).
			WithFix("try again when backups and other long reads have ended")
	}
	return nil
}

// failed says what an error of SQLite means to the person who runs the engine.
// Errors that are ours already pass.
func (d *database) failed(participle string, err error) error {
	if _, ours := errors.AsType[*throughline.Error](err); ours || err == nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if d.closing.Load() {
		return closed(d.dir)
	}
	code := 0
	if e, ok := errors.AsType[*driver.Error](err); ok {
		code = e.Code() & 0xff
	}
	err = fmt.Errorf("%s: %w", d.path(), err) // for logs: a message may be shown, and names no path
	switch code {
	case codes.SQLITE_FULL:
		return throughline.Errorf(throughline.Unavailable, "%s cannot be %s: the disk under the data folder is full: %w", d.name, participle, err).
			WithFix("free some space there; the engine goes on by itself, and nothing it has acknowledged is lost")
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return throughline.Errorf(throughline.Corrupt, "%s is damaged: %w", d.name, err).
			WithFix("stop the engine and restore the latest backup; keep the damaged folder")
	case codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_PERM, codes.SQLITE_AUTH:
		return throughline.Errorf(throughline.Unavailable, "%s cannot be %s: the data folder does not take or give what it should: %w", d.name, participle, err).
			WithFix("look at the disk and at the folder's permissions; nothing the engine has acknowledged is lost")
	case codes.SQLITE_INTERRUPT: // the driver's answer when the context of a long statement ends
		return fmt.Errorf("%s was not %s: %w", d.name, participle, context.Canceled)
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return throughline.Errorf(throughline.Unavailable, "%s cannot be %s: another process holds it: %w", d.name, participle, err).
			WithFix("close whatever else has the file open")
	}
	return throughline.Errorf(throughline.Internal, "%s cannot be %s: %w", d.name, participle, err)
}

// folderError says what an error of the file system means.
func folderError(dir, what string, err error) error {
	e := throughline.Errorf(throughline.Unavailable, "the data folder %s: %w", what, fmt.Errorf("%s: %w", dir, err))
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return e.WithFix("free some space on its disk")
	case errors.Is(err, fs.ErrPermission):
		return e.WithFix("give the user who runs the engine the right to write there")
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, os.ErrExist):
		return e.WithFix("name a folder, not a file")
	}
	return e.WithFix("look at the disk and the folder's permissions")
}

// closed is the answer to calls after Close.
func closed(dir string) error {
	return throughline.Errorf(throughline.Unavailable, "the record is closed: %w", errors.New(dir)).WithFix("the engine is stopping; start it again")
}
