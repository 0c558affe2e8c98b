import FoundationEssentials
import KubernetesModel
import Testing

@testable import KubernetesClient

@Suite("ExecCredential")
struct ExecCredentialTests {
    private func read(_ text: String, _ version: ExecPlugin.Version = .v1) throws -> ExecCredential {
        try ExecCredential(Data(text.utf8), version: version)
    }

    private static func json(_ status: String, version: String = "v1") -> String {
        #"{"apiVersion":"client.authentication.k8s.io/\#(version)","kind":"ExecCredential","status":\#(status)}"#
    }

    @Test("is read from JSON and from YAML")
    func formats() throws {
        let json = try read(Self.json(#"{"token":"t\n","expirationTimestamp":"2026-01-01T00:10:00Z"}"#))
        #expect(json.token == Secret("t"))
        #expect(json.expiresAt == WallTime(rfc3339: "2026-01-01T00:10:00Z"))
        let yaml = """
            apiVersion: client.authentication.k8s.io/v1beta1
            kind: ExecCredential
            status:
              clientCertificateData: |
                chain
              clientKeyData: key
              expirationTimestamp: null
            """
        let credential = try read(yaml, .v1beta1)
        #expect(credential.certificate == CertificatePair(chain: Secret("chain\n"), key: Secret("key")))
        #expect(credential.token == nil)
        #expect(credential.expiresAt == nil)
    }

    @Test(
        "says what is wrong and repeats nothing of it",
        arguments: [
            ("", "its output is no ExecCredential"), ("s3cr3t", "its output is no ExecCredential"),
            ("[s3cr3t", "its output is no ExecCredential"), ("{}", "its output is no ExecCredential"),
            (json("{}", version: "v1alpha1"), "its output is of another version than client.authentication.k8s.io/v1"),
            (json("{}"), "it gave neither a token nor a certificate"),
            (json("null"), "it gave neither a token nor a certificate"),
            (json(#"{"token":" "}"#), "it gave neither a token nor a certificate"),
            (json(#"{"token":"s3cr3t s3cr3t"}"#), "its token has white space in it"),
            (
                json(#"{"clientKeyData":"s3cr3t"}"#),
                "it gave a certificate without key, or a key without certificate"
            ),
            (json(#"{"token":"s3cr3t","expirationTimestamp":"soon"}"#), "its expirationTimestamp is no time"),
            (json(#"{"token":["s3cr3t"]}"#), "its output is no ExecCredential"),
        ])
    func malformed(text: String, problem: String) {
        #expect(throws: ExecCredential.Malformed(problem: problem)) { try read(text) }
    }
}
