package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"

	"github.com/throughline-engine/throughline"
)

// proofPath is where an engine proves to commands that it is the one which left
// them a key.
const proofPath = "/proof/"

// proof is what the engine of a data folder and whoever can read the folder
// know: the key left there. The address is part of what is proved, so that
// another listener cannot pass the question on to the engine.
type proof struct{ key, address string }

func (p proof) of(nonce string) string {
	mac := hmac.New(sha256.New, []byte(p.key))
	io.WriteString(mac, "throughline proof 1\n"+p.address+"\n"+nonce)
	return hex.EncodeToString(mac.Sum(nil))
}

// provable answers questions for the proof, once there is one, and passes on
// everything else.
func (p *process) provable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce, asked := strings.CutPrefix(r.URL.Path, proofPath)
		known := p.proof.Load()
		if !asked || known == nil || len(nonce) > 2*sha256.Size {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, known.of(nonce)) // a client that left cannot be told
	})
}

// proved asks who listens at the engine's address to prove that it knows the
// key, before it is sent. An engine that was killed leaves its address behind,
// and anybody may listen there next.
func proved(ctx context.Context, p proof) error {
	stranger := throughline.Errorf(throughline.Unavailable, "what listens at %s is not the engine of this data folder", p.address).
		WithFix("wait until the engine has started; if it does not, stop whatever holds the data folder and run throughline serve")
	nonce := make([]byte, sha256.Size)
	rand.Read(nonce) // never fails; the process would end first
	asked := hex.EncodeToString(nonce)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address+proofPath+asked, nil)
	if err != nil {
		return stranger
	}
	direct := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := direct.Do(r)
	if err != nil {
		return throughline.Errorf(throughline.Unavailable, "the engine at %s does not answer: %w", p.address, err).WithFix("start it with: throughline serve")
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 2*sha256.Size+1))
	if err != nil || res.StatusCode != http.StatusOK || !hmac.Equal(answer, []byte(p.of(asked))) {
		return stranger
	}
	return nil
}
