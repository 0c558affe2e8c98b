package import ControllerRuntime
package import VaultClient

extension Outage {
    /// From this length on, a server that is back may have been restored, or be another one.
    private static let length = Duration.seconds(5)

    /// Whether everything in Vault is to be verified now that it is back; otherwise each object is at its usual time, so
    /// that a blip does not cost a read of everything.
    ///
    /// - Parameter last: what Vault last said: a sealed one may have been restored, however soon it is unsealed.
    package func callsForVerification(after last: VaultError?) -> Bool {
        lasted >= Self.length || last?.code == .sealed
    }
}
