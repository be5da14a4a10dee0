package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

func TestTheKeyReachesNobodyElse(t *testing.T) {
	const key = "tl_manage_planted"
	mine := new(process)
	engine := httptest.NewServer(mine.provable(http.NotFoundHandler()))
	defer engine.Close()
	mine.proof.Store(&proof{key, engine.URL})

	for name, answer := range map[string]http.HandlerFunc{
		"one that says nothing": func(http.ResponseWriter, *http.Request) {},
		"one that repeats the nonce": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, strings.TrimPrefix(r.URL.Path, proofPath))
		},
		"one that knows another key": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, proof{"tl_manage_other", "http://" + r.Host}.of(strings.TrimPrefix(r.URL.Path, proofPath)))
		},
		"one that sends us on to the engine": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, engine.URL+r.URL.Path, http.StatusTemporaryRedirect)
		},
		"one that asks the engine for us": func(w http.ResponseWriter, r *http.Request) {
			res, err := http.Get(engine.URL + r.URL.Path)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			io.Copy(w, res.Body)
		},
	} {
		t.Run("a listener at the engine's address, "+name+", is not sent the key", func(t *testing.T) {
			var heard strings.Builder
			stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := r.Write(&heard); err != nil {
					t.Error(err)
				}
				answer(w, r)
			}))
			defer stranger.Close()
			_, err := connectRunning(t.Context(), left(t, stranger.URL, key))
			if throughline.CodeOf(err) != throughline.Unavailable {
				t.Errorf("got %v", err)
			}
			if heard.Len() == 0 || strings.Contains(heard.String(), key) {
				t.Errorf("it heard %q", heard.String())
			}
		})
	}
	t.Run("the engine itself is", func(t *testing.T) {
		c, err := connectRunning(t.Context(), left(t, engine.URL, key))
		if err != nil || c.key != key {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// left is a folder with what an engine leaves there.
func left(t *testing.T, address, key string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{addressFile: address, keyFile: key} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
