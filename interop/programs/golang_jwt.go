// Verifies Signet's access tokens with golang-jwt: a token per line in, claims or a refusal per line out.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"time"

	"github.com/golang-jwt/jwt"
)

type jwk struct{ Kid, Kty, Crv, X, Y, N, E string }

func main() {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{os.Getenv("ALGORITHM")}))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		claims, err := verify(parser, lines.Text())
		var answer any = claims
		if err != nil {
			answer = map[string]string{"refused": err.Error()}
		}
		text, _ := json.Marshal(answer)
		fmt.Println(string(text))
	}
}

func verify(parser *jwt.Parser, text string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	token, err := parser.ParseWithClaims(text, claims, keyOf)
	if err != nil {
		return nil, err
	}
	if token.Header["typ"] != "at+jwt" {
		return nil, errors.New("not an access token")
	}
	// The parser checks exp only where there is one, and leaves the rest to its user.
	if subject, _ := claims["sub"].(string); subject == "" {
		return nil, errors.New("nobody")
	}
	if !claims.VerifyExpiresAt(time.Now().Unix(), true) ||
		!claims.VerifyIssuer(os.Getenv("ISSUER"), true) || !claims.VerifyAudience(os.Getenv("AUDIENCE"), true) {
		return nil, errors.New("expired, or not for us")
	}
	return claims, nil
}

func keyOf(token *jwt.Token) (any, error) {
	if secret := os.Getenv("SHARED_SECRET"); secret != "" {
		return []byte(secret), nil
	}
	answer, err := http.Get(os.Getenv("JWKS_URL"))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var set struct{ Keys []jwk }
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
		return nil, err
	}
	for _, key := range set.Keys {
		if key.Kid == token.Header["kid"] {
			return key.public()
		}
	}
	return nil, errors.New("no such key")
}

func (key jwk) public() (any, error) {
	switch {
	case key.Kty == "EC" && key.Crv == "P-256":
		return &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(key.X), Y: number(key.Y)}, nil
	case key.Kty == "RSA":
		return &rsa.PublicKey{N: number(key.N), E: int(number(key.E).Int64())}, nil
	}
	return nil, errors.New("a key of another kind")
}

func number(text string) *big.Int {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return new(big.Int).SetBytes(bytes)
}
