import LanyardAPI
import LanyardCore
import SPIREClient
import VaultClient

extension SPIREError {
    /// How a condition says this.
    var outcome: ConditionOutcome {
        switch code {
        case .unavailable, .serverError, .cancelled, .malformedAnswer:
            .fails(.spireUnavailable, "SPIRE cannot be used: \(message)")
        case .slow:
            .fails(.timedOut, "SPIRE has too much to do: \(message)")
        case .permissionDenied:
            .fails(.permissionDenied, "SPIRE denies the operator: \(message)")
        case .invalidArgument:
            .fails(.rejected, "SPIRE refuses the entry: \(message)")
        case .federatedBundleMissing:
            .fails(.federatedBundleMissing, message)
        case .fenced:
            .fails(.pending, "this replica does not lead")
        }
    }

    /// Whether the server as a whole is away, so that other objects need not try.
    var isOutage: Bool { code == .unavailable }

    /// Whether the server speaks of one entry, and not of itself: others may fare better.
    var isAboutEntry: Bool {
        switch code {
        case .invalidArgument, .federatedBundleMissing, .slow: true
        case .unavailable, .permissionDenied, .serverError, .malformedAnswer, .fenced, .cancelled: false
        }
    }

    /// Whether it says anything of the object: that this process does not lead or ends does not.
    var isWorthReporting: Bool { code != .fenced && code != .cancelled }
}

extension VaultError {
    /// How a condition says this.
    var outcome: ConditionOutcome {
        switch code {
        case .sealed:
            .fails(.vaultSealed, "Vault is sealed")
        case .unavailable, .cancelled, .malformedAnswer:
            .fails(.vaultUnavailable, "Vault cannot be used: \(message)")
        case .slow:
            .fails(.timedOut, "what is behind Vault is slow: \(message)")
        case .rateLimited:
            .fails(.rateLimited, "Vault limits the rate of requests")
        case .loginFailed:
            .fails(
                .permissionDenied,
                "Vault refuses the operator's login: \(message). See vault.auth in the configuration and the role there; lanyard "
                    + "doctor looks at both")
        case .permissionDenied:
            .fails(
                .permissionDenied,
                "Vault denies the operator: \(message). The policy that it needs is printed by "
                    + OperatorRemedy.policyCommand)
        case .mountMissing:
            .fails(.mountMissing, message)
        case .rejected:
            .fails(.rejected, "Vault refuses the object: \(message)")
        case .checkAndSetFailed:
            .fails(.conflict, "it was created by somebody else at the same moment")
        case .fenced:
            .fails(.pending, "this replica does not lead")
        }
    }

    /// Whether the server as a whole is away, so that other objects need not try.
    var isOutage: Bool { code == .sealed || code == .unavailable }

    /// Whether it says anything of the object: that this process does not lead or ends does not.
    var isWorthReporting: Bool { code != .fenced && code != .cancelled }
}
