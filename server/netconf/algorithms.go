package netconf

import (
	"slices"

	"golang.org/x/crypto/ssh"
)

// Algorithms returns what SSH is offered, preferred first: no SHA-1, no CBC or
// arcfour, no Diffie-Hellman below 4096 bits (RFC 9142). Host keys are not
// among it: their kind decides, see hostSigner.
func Algorithms() ssh.Algorithms {
	return ssh.Algorithms{
		KeyExchanges: []string{
			ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519,
			ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521, ssh.KeyExchangeDH16SHA512,
		},
		Ciphers: []string{
			ssh.CipherChaCha20Poly1305, ssh.CipherAES256GCM, ssh.CipherAES128GCM,
			ssh.CipherAES256CTR, ssh.CipherAES192CTR, ssh.CipherAES128CTR,
		},
		MACs: []string{ssh.HMACSHA512ETM, ssh.HMACSHA256ETM, ssh.HMACSHA512, ssh.HMACSHA256},
		PublicKeyAuths: []string{
			ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
			ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
		},
	}
}

// hostSigner returns a signer that never signs with SHA-1, which ssh-rsa is.
func hostSigner(key ssh.Signer) ssh.Signer {
	rsa, ok := key.(ssh.AlgorithmSigner)
	if !ok || key.PublicKey().Type() != ssh.KeyAlgoRSA {
		return key
	}
	strong, err := ssh.NewSignerWithAlgorithms(rsa, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256})
	if err != nil {
		return key // not a key that can sign with them: the handshake says so
	}
	return strong
}

// offered returns the algorithms of the transport, where it has none those of
// the policy.
func offered(own, policy []string) []string {
	if own == nil {
		return policy
	}
	return slices.Clone(own)
}
