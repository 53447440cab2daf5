package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// authorityArgument makes this program write an authority for the connections from the API server to the node: the API
// server shows a certificate of it, and takes no other from the node.
const authorityArgument = "make-authority"

const certificateLifetime = 24 * time.Hour

// makeAuthority writes ca.crt, ca.key, client.crt and client.key into a directory.
func makeAuthority(directory string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	authority, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "node-stand-in"}, key)
	if err != nil {
		return err
	}
	if err := writePair(directory, "ca", authority.Raw, key); err != nil {
		return err
	}
	client := &x509.Certificate{
		Subject: pkix.Name{CommonName: "kube-apiserver-kubelet-client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	certificate, clientKey, err := issue(client, authority, key)
	if err != nil {
		return err
	}
	return writePair(directory, "client", certificate, clientKey)
}

// issue signs a certificate for a key of its own; it returns its DER form and the key.
func issue(template, authority *x509.Certificate, signer *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62)); err != nil {
		return nil, nil, err
	}
	template.NotBefore, template.NotAfter = authority.NotBefore, time.Now().Add(certificateLifetime)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	certificate, err := x509.CreateCertificate(rand.Reader, template, authority, key.Public(), signer)
	return certificate, key, err
}

func writePair(directory, name string, certificate []byte, key *ecdsa.PrivateKey) error {
	if err := cert.WriteCert(filepath.Join(directory, name+".crt"), pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: certificate})); err != nil {
		return err
	}
	content, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, name+".key"), content, 0o600)
}

// servingConfiguration is TLS with a certificate of the authority for this address, for holders of another one only.
func servingConfiguration(directory, address string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(directory, "ca.crt"), filepath.Join(directory, "ca.key"))
	if err != nil {
		return nil, err
	}
	signer, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, os.ErrInvalid
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "node-stand-in"}, IPAddresses: []net.IP{net.ParseIP(address)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, key, err := issue(template, pair.Leaf, signer)
	if err != nil {
		return nil, err
	}
	callers := x509.NewCertPool()
	callers.AddCert(pair.Leaf)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: callers,
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}, nil
}
