export default `
group "certificates.k8s.io" version v1

resource certificatesigningrequests certificatesigningrequest CertificateSigningRequest cluster short=csr: *
  /approval CertificateSigningRequest: get patch update
  /status CertificateSigningRequest: get patch update

object CertificateSigningRequest
   1 metadata meta.v1.ObjectMeta              ={}
   2 spec     CertificateSigningRequestSpec!  ={}
   3 status   CertificateSigningRequestStatus ={}

type CertificateSigningRequestCondition
   1 type               string! =""
   2 reason             string
   3 message            string
   4 lastUpdateTime     Time    =null
   5 lastTransitionTime Time    =null
   6 status             string! =""

object CertificateSigningRequestList
   1 metadata meta.v1.ListMeta             ={}
   2 items    []CertificateSigningRequest! =[]

type CertificateSigningRequestSpec
   1 request           bytes!                =null
   2 username          string
   3 uid               string
   4 groups            []string              atomic
   5 usages            []string(any|cert_sign|client_auth|code_signing|content_commitment|crl_sign|data_encipherment|decipher_only|digital_signature|email_protection|encipher_only|ipsec_end_system|ipsec_tunnel|ipsec_user|key_agreement|key_encipherment|microsoft_sgc|netscape_sgc|ocsp_signing|s/mime|server_auth|signing|timestamping) atomic
   6 extra             map[string]ExtraValue
   7 signerName        string!               =""
   8 expirationSeconds int32?

type CertificateSigningRequestStatus
   1 conditions  []CertificateSigningRequestCondition map(type)
   2 certificate bytes

type ExtraValue union
   1 items []string
`
