// Command throughline runs an engine and everything one does with it from a
// shell.
//
// Every command that touches an engine speaks its management API: over HTTP
// when an engine runs on the data folder, and in the same process when none
// does. So there is one way in, and never two writers.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/throughline-engine/throughline"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // who asks twice does not wait
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// commands is the whole command line. Each command is a struct in the file of
// its name, with a Run method.
type commands struct {
	Data string `help:"The engine's data folder." default:"throughline-data" env:"THROUGHLINE_HOME" type:"path"`
	URL  string `help:"Address of a running engine, instead of the data folder." env:"THROUGHLINE_URL" placeholder:"URL"`
	Key  string `help:"A key with the scope manage, for --url." env:"THROUGHLINE_KEY" placeholder:"KEY"`

	Demo     demoCmd     `cmd:"" help:"Run an example engine with simulated recipients."`
	Serve    serveCmd    `cmd:"" help:"Run the engine of a data folder."`
	Init     initCmd     `cmd:"" help:"Write a small workspace to start from."`
	Plan     planCmd     `cmd:"" help:"Show what applying manifests would change."`
	Apply    applyCmd    `cmd:"" help:"Apply manifests as a release."`
	Get      getCmd      `cmd:"" help:"Show resources, releases, placements, a variant, the line or the status."`
	Delete   deleteCmd   `cmd:"" help:"Delete resources, as a release."`
	Rollback rollbackCmd `cmd:"" help:"Undo a release."`
	Library  libraryCmd  `cmd:"" help:"Find pieces by words and filters, or what already fits a brief."`
	Export   exportCmd   `cmd:"" help:"Print everything in force as manifests."`
	Import   importCmd   `cmd:"" help:"Take in what other tools write."`
	Check    checkCmd    `cmd:"" help:"Check manifests, or what is in force, against the guardrails."`
	Explain  explainCmd  `cmd:"" help:"Say why a decision came out as it did."`
	Schema   schemaCmd   `cmd:"" help:"Print the JSON Schema of a kind, for editors and forms."`
	Render   renderCmd   `cmd:"" help:"Print a template as recipients get it, or a file of MJML as mail clients do."`
	Replay   replayCmd   `cmd:"" help:"Run the loop on past or simulated tests and compare policies."`
	Forget   forgetCmd   `cmd:"" help:"Erase a recipient."`
	Verify   verifyCmd   `cmd:"" help:"Check every link of the journal."`
	Rebuild  rebuildCmd  `cmd:"" help:"Fold the journal again and compare with the live numbers."`
	Backup   backupCmd   `cmd:"" help:"Copy the record while the engine runs."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup in the place of the data folder."`
	Invite   inviteCmd   `cmd:"" help:"Invite somebody by a one-time link."`
	Share    shareCmd    `cmd:"" help:"Show pieces to somebody outside by a link that ends."`
	Token    tokenCmd    `cmd:"" help:"Make, list and revoke service tokens."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// shell is where a command reads and writes. Answers go to out; progress and
// everything meant only for a person watching goes to err.
type shell struct {
	ctx context.Context
	in  io.Reader
	out io.Writer
	err io.Writer
	*commands
}

// The exit codes.
const (
	exitOK       = 0
	exitFailed   = 1 // the engine could not do it
	exitUsage    = 2 // the command line is wrong
	exitInvalid  = 3 // the input is wrong, or a guardrail blocks
	exitConflict = 4 // somebody changed it first
	exitNotFound = 5
	exitDenied   = 6
)

func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	var c commands
	ended := -1
	parser, err := kong.New(
		&c, kong.Name("throughline"),
		kong.Description("An open content engine: from brief to live decision to what was learned, in one line.\n\nExit codes: 0 done, 1 failed, 2 usage, 3 invalid or blocked, 4 conflict, 5 not found, 6 not allowed."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { ended = code }),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitFailed
	}
	parsed, err := parser.Parse(withHelp(args))
	if ended >= 0 { // help was printed
		return ended
	}
	if err != nil {
		fmt.Fprintf(errOut, "throughline: %v\nSee throughline --help.\n", err)
		return exitUsage
	}
	err = parsed.Run(&shell{ctx, in, out, errOut, &c})
	if err == nil {
		return exitOK
	}
	printError(errOut, err)
	return exitCode(err)
}

// withHelp makes an empty command line, and the word help before another, ask
// for help in the parser's way.
func withHelp(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// told is an error whose command has said on standard output what it means; it
// only sets the exit code.
type told struct{ error }

// Unwrap returns what was told.
func (t told) Unwrap() error { return t.error }

func printError(w io.Writer, err error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "stopped")
		return
	}
	if _, ok := errors.AsType[told](err); ok {
		return
	}
	problems := throughline.Problems{}
	problems.Add(err)
	for _, p := range problems {
		fmt.Fprint(w, "error: ")
		if p.Place != "" {
			fmt.Fprint(w, p.Place, ": ")
		}
		fmt.Fprintln(w, p.Detail())
		if p.Fix != "" {
			fmt.Fprintln(w, "  fix:", p.Fix)
		}
	}
}

func exitCode(err error) int {
	if own, ok := errors.AsType[withCode](err); ok {
		return own.code
	}
	switch throughline.CodeOf(err) {
	case throughline.Invalid, throughline.TooLarge:
		return exitInvalid
	case throughline.Conflict:
		return exitConflict
	case throughline.NotFound:
		return exitNotFound
	case throughline.Unauthorized, throughline.Forbidden:
		return exitDenied
	}
	return exitFailed
}

// printJSON writes v as one compact line, the last on standard output.
func (s *shell) printJSON(v any) error {
	return json.NewEncoder(s.out).Encode(v)
}

func (s *shell) printf(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }

func (s *shell) notef(format string, args ...any) { fmt.Fprintf(s.err, format, args...) }
