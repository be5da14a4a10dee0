package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// door says how people reach a use case: by a route of the API or the web, a
// command, a page. One that has none of a kind says why not in no.
type door struct {
	route   string // as it is registered
	command string
	page    string
	no      string
}

// useCases lists every use case: each exported method of what engine's
// subpackages offer. A new one without a row fails the test.
var useCases = map[string]door{
	"content.Content.Library":       {route: "/api/v1/library", command: "library", page: "GET /library"},
	"content.Content.FollowLibrary": {command: "serve", no: "part of running a process"},
	"content.Content.Found":         {route: "/api/v1/shares", command: "share", page: "GET /shares/new"},
	"share.Shares.Make":             {route: "/api/v1/shares", command: "share", page: "POST /shares"},
	"share.Shares.Pick":             {page: "GET /shares/new", no: "programs make the link, and are told how many it holds"},
	"share.Shares.List":             {route: "/api/v1/shares", command: "get", page: "GET /shares"},
	"share.Shares.Extend":           {route: "/api/v1/shares/{id}/extend", page: "POST /shares/{id}/extend", no: "the page extends them"},
	"share.Shares.End":              {route: "/api/v1/shares/{id}", page: "POST /shares/{id}/end", no: "the page ends them"},
	"share.Shares.Open":             {page: "GET /shared/{secret}", no: "whoever holds the link opens it"},
	"share.Shares.File":             {page: "GET /shared/{secret}/media/{piece}/{rendition}", no: "whoever holds the link opens it"},
	"operate.Operate.Pieces":        {page: "GET /library"},
	"content.Content.Plan":          {route: "/api/v1/plan", command: "plan", page: "GET /draft"},
	"content.Content.Declare":       {route: "/api/v1/invitations", command: "invite", page: "POST /people"},
	"content.Content.Approvers":     {route: "/api/v1/invitations", command: "invite", page: "POST /people"},
	"content.Content.KnowClients":   {no: "a setting of the process: THROUGHLINE_CANIEMAIL"},
	"content.Content.Apply":         {route: "/api/v1/apply", command: "apply", no: "pages change through a draft"},
	"content.Content.Check":         {route: "/api/v1/check", command: "check", no: "pages change through a draft"},
	"content.Content.Render":        {route: "/api/v1/render", command: "render", no: "pages draw drafts, in the studio"},
	"content.Content.Story":         {route: "/api/v1/variants/{id}/story", command: "explain", page: "GET /variant/{placement}/{id}"},
	"content.Content.Rollback":      {route: "/api/v1/releases/{number}/rollback", command: "rollback", page: "POST /release/{number}/rollback"},
	"content.Content.Releases":      {route: "/api/v1/releases", command: "get", page: "GET /release"},
	"content.Content.Release":       {route: "/api/v1/releases/{number}", command: "get", page: "GET /release/{number}"},
	"content.Content.ReleaseHead":   {page: "GET /release/{number}", no: "programs ask for the release whole"},
	"content.Content.Get":           {route: "/api/v1/resources/{kind}/{name}", command: "get", no: "pages show an object with what leans on it"},
	"content.Content.List":          {route: "/api/v1/resources", command: "get", no: "pages show an object with what leans on it"},
	"content.Content.Excluded":      {route: "/api/v1/excluded", command: "explain", no: "the page of a placement tells what each rule leaves out"},
	"content.Content.Draft":         {route: "/api/v1/draft", page: "GET /draft", no: "manifests are the command line's draft"},
	"content.Content.Save":          {route: "/api/v1/draft", no: "manifests are the command line's draft"},
	"content.Content.Waiting":       {no: "inside the process: what a new file is compared with"},
	"content.Content.Bring":         {page: "POST /library/add/file", command: "serve", no: "programs declare assets as manifests"},
	"content.Content.Undo":          {route: "/api/v1/draft/undo", page: "POST /draft", no: "manifests are the command line's draft"},
	"content.Content.Redo":          {route: "/api/v1/draft/redo", page: "POST /draft", no: "manifests are the command line's draft"},
	"content.Content.Discard":       {route: "/api/v1/draft/discard", page: "POST /draft", no: "manifests are the command line's draft"},
	"content.Content.PlanDraft":     {route: "/api/v1/draft/plan", no: "manifests are the command line's draft"},
	"content.Content.Problems":      {route: "/api/v1/draft/problems", no: "manifests are the command line's draft"},
	"content.Content.Drafts":        {route: "/api/v1/drafts", command: "get", no: "on a page each sees their own"},
	"content.Content.Propose":       {route: "/api/v1/releases", page: "POST /draft", no: "apply proposes, and the page says when"},
	"content.Content.Approve":       {route: "/api/v1/releases/{number}/approve", page: "POST /release/{number}/approve", no: "people approve what they have looked at"},
	"content.Content.Return":        {route: "/api/v1/releases/{number}/return", page: "POST /release/{number}/return", no: "people return what they have looked at"},
	"content.Content.Withdraw":      {route: "/api/v1/releases/{number}/withdraw", page: "POST /release/{number}/withdraw", no: "the release page has it"},
	"content.Content.Reschedule":    {route: "/api/v1/releases/{number}/schedule", page: "POST /release/{number}/reschedule", no: "the release page has it"},
	"content.Content.May":           {route: "/api/v1/releases/{number}/rights", page: "GET /release/{number}", no: "the release page asks it for its buttons"},
	"content.Content.Calendar":      {route: "/api/v1/calendar", command: "get", page: "GET /calendar"},
	"content.Content.Review":        {page: "GET /release/{number}", no: "pictures are for pages; plan says the rest"},
	"content.Content.Search":        {route: "/api/v1/search", no: "the pages search; at a shell there is grep"},
	"content.Content.Follow":        {command: "serve", no: "part of running a process"},
	"content.Content.Object":        {route: "/api/v1/objects/{kind}/{name}", no: "get and export read resources"},
	"content.Content.Objects":       {route: "/api/v1/objects", no: "get lists resources"},
	"content.Content.Revision":      {route: "/api/v1/objects/{kind}/{name}/revisions/{digest}", no: "get and export read resources"},

	"content.Content.Exclusions":       {page: "GET /events/placement/{name...}", no: "programs ask about one filling at a time"},
	"content.Content.TextsToTranslate": {route: "/api/v1/translations", command: "export", page: "GET /make/copy.xlf"},
	"content.Content.TextsTranslated":  {route: "/api/v1/translations", command: "import", page: "POST /make/copy/xlf"},
	"content.Content.Export":           {route: "/api/v1/export", command: "export", no: "a file is for programs and folders"},

	"content.Content.Glance": {page: "GET /edit/{kind}/{name...}"},
	"content.Content.Names":  {page: "GET /make/names"},
	"content.Content.Sample": {page: "GET /make/preview/{kind}/{name...}"},
	"content.Content.Studio": {page: "GET /edit/{kind}/{name...}"},
	"content.Content.Look":   {page: "GET /look/{name...}"},
	"content.Content.Said":   {page: "GET /edit/{kind}/{name...}"},
	"content.Content.Sheet":  {page: "GET /make/copy"},

	"live.Plane.Decide":     {route: "POST /ofrep/v1/evaluate/flags/{key}", no: "decisions are asked for by programs; people ask for explanations"},
	"live.Plane.DecideAll":  {route: "POST /ofrep/v1/evaluate/flags", no: "decisions are asked for by programs"},
	"live.Plane.Released":   {no: "told to programs that keep decisions, by GET /ofrep/v1/events"},
	"live.Plane.Observe":    {route: "POST /v1/{kind}", no: "events are sent by programs"},
	"live.Plane.Explain":    {route: "/api/v1/decisions/{id}", command: "explain", page: "GET /decision/{id}"},
	"live.Plane.Ask":        {route: "/api/v1/ask", command: "explain", no: "pages tell of what was decided, under the rules of then and of today"},
	"live.Plane.Start":      {command: "serve", no: "part of running a process"},
	"live.Plane.Run":        {command: "serve", no: "part of running a process"},
	"live.Plane.Close":      {command: "serve", no: "part of running a process"},
	"live.Plane.Drop":       {command: "forget", no: "part of forgetting somebody"},
	"live.Plane.Trouble":    {route: "/api/v1/status", command: "get", no: "The Line shows it"},
	"live.Plane.Troubles":   {route: "/api/v1/status", command: "get", no: "the Line shows what concerns it"},
	"live.Plane.Lost":       {route: "/api/v1/status", command: "get", no: "a figure for those who run the engine"},
	"live.Plane.Unheard":    {route: "/api/v1/status", command: "get", page: "GET /deliver"},
	"live.Plane.Unrecalled": {route: "/api/v1/status", command: "get", no: "a figure for those who run the engine"},
	"live.Plane.Ready":      {route: "GET /healthz", no: "for what watches processes"},
	"live.Plane.Table":      {no: "inside the process: what doors read from"},
	"live.Plane.Recorded":   {route: "/api/v1/status", command: "get", no: "shown with the status"},
	"live.Plane.ReadBack":   {command: "demo", no: "the demo's verdict; it reads the whole journal"},

	"recipients.Recipients.Forget": {route: "/api/v1/forget", command: "forget", no: "the page of a recipient comes later"},

	"operate.Operate.Renderer":  {route: "POST /v1/render/{key}", no: "pages of other sites ask it, by the browser module"},
	"operate.Operate.Status":    {route: "/api/v1/status", command: "get", no: "The Line shows it"},
	"media.Media.Take":          {route: "/api/v1/files", command: "import", page: "POST /library/add/file"},
	"media.Media.Offer":         {page: "POST /library/add/both", no: "programs declare the asset that taking it in answered with"},
	"media.Media.Seen":          {command: "serve", no: "part of watching a folder"},
	"media.Media.See":           {command: "serve", no: "part of watching a folder"},
	"media.Media.Open":          {no: "browsers open addresses"},
	"media.Media.Run":           {command: "serve", no: "part of running a process"},
	"media.Media.Sweep":         {command: "serve", no: "part of running a process"},
	"operate.Operate.Rules":     {route: "/api/v1/rules", command: "get", page: "GET /check"},
	"operate.Operate.Line":      {route: "/api/v1/line", command: "get", page: "GET /{$}"},
	"operate.Operate.Changed":   {page: "GET /line/events"},
	"operate.Operate.Placement": {route: "/api/v1/placements/{name}", command: "get", no: "the placement page asks for Stand, which has it"},
	"operate.Operate.Stand":     {page: "GET /events/placement/{name...}", no: "programs ask for Placement, which has all of it"},
	"operate.Operate.Portrait":  {page: "GET /variant/{placement}/{id}", no: "programs ask for Variant"},
	"operate.Operate.Variant":   {route: "/api/v1/variants/{id}", command: "get", no: "the variant page asks for Portrait, which has it"},
	"operate.Operate.Preview":   {page: "GET /preview/{placement}/{variant}"},
	"operate.Operate.Verify":    {route: "/api/v1/verify", command: "verify", no: "work for who runs the machine"},
	"operate.Operate.Rebuild":   {route: "/api/v1/rebuild", command: "rebuild", no: "work for who runs the machine"},
	"operate.Operate.Backup":    {route: "/api/v1/backup", command: "backup", no: "work for who runs the machine"},

	"operate.Access.Visit":            {no: "asked by the doors, of every request"},
	"operate.Access.CallerOf":         {no: "asked by the doors, of every request with a key"},
	"operate.Access.Whose":            {page: "POST /sign-in", no: "part of signing in again"},
	"operate.Access.Seal":             {page: "POST /sign-in", no: "part of signing in again"},
	"operate.Access.Unseal":           {page: "POST /sign-in", no: "part of signing in again"},
	"operate.Access.Enter":            {page: "GET /enter/{secret}", no: "part of signing in"},
	"operate.Access.SignInAs":         {page: "GET /sign-in/oidc", no: "for people with a browser"},
	"operate.Access.AcceptAs":         {page: "GET /sign-in/oidc", no: "for people with a browser"},
	"operate.Access.Members":          {page: "GET /people", no: "get Person lists who is declared"},
	"operate.Access.Invite":           {route: "/api/v1/invitations", command: "invite", page: "POST /people"},
	"operate.Access.InviteGuest":      {route: "/api/v1/invitations", command: "invite", page: "POST /people"},
	"operate.Access.Invitations":      {route: "/api/v1/invitations", page: "GET /people", no: "the page lists them"},
	"operate.Access.RevokeInvitation": {route: "/api/v1/invitations/{id}", page: "POST /people/links/{id}/revoke", no: "the page ends them"},
	"operate.Access.ChangePassword":   {page: "POST /account/password", no: "for people with a browser"},
	"operate.Access.HasPassword":      {page: "POST /account/password", no: "shown on the page of oneself"},
	"operate.Access.Sessions":         {page: "POST /account/password", no: "shown on the page of oneself"},
	"operate.Access.EndSession":       {page: "POST /account/sessions/{id}/end", no: "for people with a browser"},
	"operate.Access.EndSessions":      {page: "POST /account/sign-out", no: "for people with a browser"},
	"operate.Access.EndSessionsOf":    {page: "POST /people/{name}/sign-out", no: "for people with a browser"},
	"operate.Access.CalendarKey":      {page: "POST /calendar/link", no: "for programs that show calendars"},
	"operate.Access.CalendarCaller":   {page: "GET /calendar.ics", no: "for programs that show calendars"},
	"operate.Audit.Find":              {page: "GET /audit", no: "at a shell the journal is read with its own tools"},
	"operate.Audit.Run":               {command: "serve", no: "part of running a process"},
	"operate.Access.Run":              {command: "serve", no: "part of running a process"},
	"operate.Access.CreateToken":      {route: "/api/v1/tokens", command: "token", no: "the page of tokens comes next"},
	"operate.Access.Tokens":           {route: "/api/v1/tokens", command: "token", no: "the page of tokens comes next"},
	"operate.Access.RevokeToken":      {route: "/api/v1/tokens/{name}", command: "token", no: "the page of tokens comes next"},
	"operate.Access.Keep":             {command: "restore", no: "part of restoring"},
	"operate.Access.Authenticate":     {no: "every door asks it"},
	"operate.Access.Ownership":        {route: "/api/v1/status", command: "get", page: "GET /{$}"},
	"operate.Access.InviteOwner":      {command: "serve", no: "the link is printed where only who runs the engine sees it"},
	"operate.Access.Invited":          {page: "GET /welcome/{secret}"},
	"operate.Access.Accept":           {page: "POST /welcome/{secret}"},
	"operate.Access.AcceptFor":        {command: "demo", no: "only the example owner accepts unasked"},
	"operate.Access.SignIn":           {page: "POST /sign-in"},
	"operate.Access.StartSession":     {command: "demo", page: "GET /enter/{secret}"},
	"operate.Access.SignOut":          {page: "POST /sign-out"},
}

func TestEveryUseCaseHasItsDoors(t *testing.T) {
	commands := commandNames(t)
	doors := sourceOf(t, "../../internal/serve/api") + sourceOf(t, "../../internal/serve/web")
	offered := offeredUseCases(t, "content.Content", "live.Plane", "recipients.Recipients", "operate.Operate", "operate.Access", "operate.Audit", "media.Media", "share.Shares")
	for _, name := range offered {
		if _, ok := useCases[name]; !ok {
			t.Errorf("%s has no row: say by which route, command and page people reach it, or why they do not", name)
		}
	}
	for name, d := range useCases {
		if !slices.Contains(offered, name) {
			t.Errorf("the row %s names no use case", name)
		}
		if (d.route == "" || d.command == "" || d.page == "") && d.no == "" && d.page == "" {
			t.Errorf("%s lacks a door and does not say why", name)
		}
		for _, route := range []string{d.route, d.page} {
			if route != "" && !strings.Contains(doors, `"`+route+`"`) {
				t.Errorf("%s: there is no route %q", name, route)
			}
		}
		if d.command != "" && !slices.Contains(commands, d.command) {
			t.Errorf("%s: there is no command %q", name, d.command)
		}
	}
}

func commandNames(t *testing.T) []string {
	parser, err := kong.New(new(commands), kong.Name("throughline"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range parser.Model.Children {
		names = append(names, n.Name)
	}
	return names
}

// offeredUseCases returns the exported methods of the types, as package.Type.Method.
func offeredUseCases(t *testing.T, types ...string) []string {
	var found []string
	for _, name := range types {
		pkg, typ, _ := strings.Cut(name, ".")
		for _, f := range parsed(t, filepath.Join("../../internal/engine", pkg)) {
			for _, decl := range f.Decls {
				fn, ok := decl.(*ast.FuncDecl)
				if ok && fn.Recv != nil && fn.Name.IsExported() && receiver(fn) == typ {
					found = append(found, name+"."+fn.Name.Name)
				}
			}
		}
	}
	return found
}

func receiver(fn *ast.FuncDecl) string {
	expr := fn.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if id, ok := expr.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func parsed(t *testing.T, folder string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no source in %s: %v", folder, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func sourceOf(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}
