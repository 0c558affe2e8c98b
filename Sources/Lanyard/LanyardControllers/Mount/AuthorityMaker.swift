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
        case .root(let path, let body, let recovery):
            _ = try await submit(path, body, recovery)
        case .intermediate(let steps):
            let answer = try await submit(steps.requestPath, steps.requestBody, steps.recovery)
            guard let csr = answer?["csr"]?.string else {
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

    /// Sends a request, and where it is refused the first of others that is not.
    ///
    /// - Throws: the error of the first, when all are refused: it says what is wrong with the spec.
    private func submit(
        _ path: String, _ body: JSONValue, _ recovery: [CertificateAuthority.Call]
    ) async throws(VaultError) -> JSONValue? {
        let refusal: VaultError
        do throws(VaultError) {
            return try await vault.submit(path, body)
        } catch {
            guard error.code == .rejected else { throw error }
            refusal = error
        }
        for call in recovery {
            do throws(VaultError) {
                return try await vault.submit(call.path, call.body)
            } catch {
                guard error.code == .rejected else { throw error }
            }
        }
        throw refusal
    }
}
