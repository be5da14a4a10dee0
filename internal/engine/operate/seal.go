package operate

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// Seal encloses bytes that a browser keeps for the engine and can neither read
// nor change, such as a form that was sent after its session ended. What is
// sealed for one purpose does not open for another.
func (a *Access) Seal(purpose string, plain []byte) (string, error) {
	box, err := a.box(purpose)
	if err != nil {
		return "", err
	}
	nonce := engine.RandomBytes(box.NonceSize())
	return base64.RawURLEncoding.EncodeToString(box.Seal(nonce, nonce, plain, nil)), nil
}

// Unseal returns what Seal enclosed, or an error with the code Invalid.
func (a *Access) Unseal(purpose, sealed string) ([]byte, error) {
	box, err := a.box(purpose)
	if err != nil {
		return nil, err
	}
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err == nil && len(b) >= box.NonceSize() {
		plain, err := box.Open(nil, b[:box.NonceSize()], b[box.NonceSize():], nil)
		if err == nil {
			return plain, nil
		}
	}
	return nil, throughline.Errorf(throughline.Invalid, "what the browser kept is not what it was given").WithFix("start again")
}

func (a *Access) box(purpose string) (cipher.AEAD, error) {
	key := hmac.New(sha256.New, a.core.Pepper())
	key.Write([]byte("seal\x00" + purpose))
	block, err := aes.NewCipher(key.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
