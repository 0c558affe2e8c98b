import ControllerRuntime
import KubernetesModel
import LanyardAPI
import LanyardCore
import SPIREClient
import VaultClient

/// What SPIRE or Vault fails with, as far as every pass deals with it alike.
protocol ServerFailure: Error {
    /// How a condition says this.
    var outcome: ConditionOutcome { get }
    /// Whether the server as a whole is away, so that other objects need not try.
    var isOutage: Bool { get }
    /// Whether it says anything of the object: that this process does not lead or ends does not.
    var isWorthReporting: Bool { get }
    /// How long the server asked to wait.
    var retryAfter: Duration? { get }
}

extension ServerFailure {
    /// What the runtime is to do about this: what the server asked for, or its own backoff.
    var retry: any Error {
        let failure = ConvergenceError(outcome)
        return retryAfter.map { RetryAfter($0, cause: failure) } ?? failure
    }
}

extension SPIREError: ServerFailure {
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

    var isOutage: Bool { code == .unavailable }

    /// Whether the server speaks of one entry, and not of itself: others may fare better.
    var isAboutEntry: Bool {
        switch code {
        case .invalidArgument, .federatedBundleMissing, .slow: true
        case .unavailable, .permissionDenied, .serverError, .malformedAnswer, .fenced, .cancelled: false
        }
    }

    var isWorthReporting: Bool { code != .fenced && code != .cancelled }

    var retryAfter: Duration? { nil }
}

extension VaultError: ServerFailure {
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

    var isOutage: Bool { code == .sealed || code == .unavailable }

    var isWorthReporting: Bool { code != .fenced && code != .cancelled }

    /// Whether no object can be expected to fare better.
    var affectsAll: Bool {
        switch code {
        case .sealed, .unavailable, .rateLimited, .loginFailed, .fenced, .cancelled: true
        case .slow, .permissionDenied, .mountMissing, .rejected, .checkAndSetFailed, .malformedAnswer: false
        }
    }

    /// How a condition says this of one object.
    func outcome(at path: String) -> ConditionOutcome {
        ConditionOutcome(outcome.status, outcome.reason, "\(path): \(outcome.message)")
    }
}

extension ObjectLookup {
    /// What a read of a path came to.
    ///
    /// - Throws: `VaultError` when the server as a whole is away.
    init(_ result: Result<JSONValue?, VaultError>, at path: String) throws(VaultError) {
        switch result {
        case .success(let data): self = .found(data)
        case .failure(let error) where error.affectsAll: throw error
        case .failure(let error): self = .failed(error.outcome(at: path))
        }
    }
}

extension ConditionOutcome {
    /// What a deletion that could not be finished comes to: this, that something is left, and what helps.
    func unfinished(_ rest: String, _ wayOut: String) -> ConditionOutcome {
        .fails(reason, "\(message). \(rest) \(wayOut)")
    }
}
