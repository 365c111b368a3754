export default `
group "certificates.k8s.io" version v1

resource certificatesigningrequests certificatesigningrequest CertificateSigningRequest cluster short=csr: *
  /approval CertificateSigningRequest: get patch update
  /status CertificateSigningRequest: get patch update

object CertificateSigningRequest | Asks for a certificate to be signed.
   1 metadata meta.v1.ObjectMeta              ={} | Name, labels, annotations and bookkeeping of the object.
   2 spec     CertificateSigningRequestSpec!  ={} | What is wanted of the object.
   3 status   CertificateSigningRequestStatus ={} | What was last observed of the object; written by the system.

type CertificateSigningRequestCondition | One observation of the state of a CertificateSigningRequest.
   1 type               string! ="" | Which of the known sorts this is.
   2 reason             string | One word in CamelCase that says why, for programs to read.
   3 message            string | A sentence for people that explains the state.
   4 lastUpdateTime     Time    =null | When the condition was last written.
   5 lastTransitionTime Time    =null | When the condition last changed from one status to another.
   6 status             string! ="" | What was last observed of the object; written by the system.

object CertificateSigningRequestList | A page of CertificateSigningRequest objects, with the revision it was read at.
   1 metadata meta.v1.ListMeta             ={} | Revision of the page and how to ask for the next.
   2 items    []CertificateSigningRequest! =[] | The objects of this page.

type CertificateSigningRequestSpec | What is wanted of a CertificateSigningRequest.
   1 request           bytes!                =null | Name of the request that this answers.
   2 username          string | Name that identifies the user.
   3 uid               string | Unique identifier of the object, never used for another one.
   4 groups            []string              atomic | Groups that the user belongs to.
   5 usages            []string(any|cert_sign|client_auth|code_signing|content_commitment|crl_sign|data_encipherment|decipher_only|digital_signature|email_protection|encipher_only|ipsec_end_system|ipsec_tunnel|ipsec_user|key_agreement|key_encipherment|microsoft_sgc|netscape_sgc|ocsp_signing|s/mime|server_auth|signing|timestamping) atomic | what the certificate may be used for
   6 extra             map[string]ExtraValue | Further facts about the user from the authenticator.
   7 signerName        string!               ="" | Who is asked to sign.
   8 expirationSeconds int32? | Seconds that the token or certificate should last.

type CertificateSigningRequestStatus | What was last observed of a CertificateSigningRequest.
   1 conditions  []CertificateSigningRequestCondition map(type) | Observations of the current state, at most one of each type.
   2 certificate bytes | the signed certificate with its chain, as PEM

type ExtraValue union | The values of one extra fact.
   1 items []string | Keys to take and the file names to give them; all when empty.
`
