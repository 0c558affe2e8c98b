import LanyardCore
import Testing
import VaultClient

@testable import LanyardControllers

@Suite("DeletionFailure")
struct DeletionFailureTests {
    private static func failure(_ code: VaultError.Code) -> DeletionFailure {
        DeletionFailure(
            kind: .databaseRole, path: "database/roles/web", isRevocation: false, error: VaultError(code, "no"))
    }

    @Test("a deletion that Vault refuses is the object's, and any other error of Vault that ends a pass is not")
    func scope() {
        #expect(!Self.failure(.rejected).isOfVaultAsAWhole)
        #expect(Self.failure(.unavailable).isOfVaultAsAWhole)
        // What a probe met that a proxy answered: the gate is closed by it all the same.
        #expect(VaultError(.malformedAnswer, "no").isOfVaultAsAWhole)
        #expect(!CancellationError().isOfVaultAsAWhole)
    }
}
