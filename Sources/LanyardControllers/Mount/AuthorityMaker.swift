import KubernetesModel
import LanyardCore
import VaultClient

/// Makes a certificate authority, whose key never leaves Vault. An attempt that was cut off is taken up again: names of
/// keys and issuers are unique there, so nothing is made twice.
struct AuthorityMaker: Sendable {
    let vault: any VaultAPI

    /// Makes one.
    ///
    /// - Throws: `VaultError`.
    func make(_ request: CertificateAuthority.Request) async throws(VaultError) {
        switch request {
        case .root(let path, let body):
            _ = try await vault.submit(path, body)
        case .intermediate(let steps):
            guard let csr = try await vault.submit(steps.requestPath, steps.requestBody)?["csr"]?.string else {
                throw VaultError(.malformedAnswer, "the engine answers without a signing request")
            }
            var signing = steps.signingBody
            signing["csr"] = .string(csr)
            guard let answer = try await vault.submit(steps.signingPath, signing),
                let certificate = answer["certificate"]?.string
            else { throw VaultError(.malformedAnswer, "the signing engine answers without a certificate") }
            _ = try await vault.submit(steps.installationPath, ["certificate": .string(certificate)])
            _ = try await vault.submit(steps.namingPath, steps.namingBody)
        }
    }
}
