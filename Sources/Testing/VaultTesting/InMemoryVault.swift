package import KubernetesModel
import Synchronization
package import VaultClient

/// OpenBao in memory, for tests and simulations of what is above the `VaultAPI` port.
///
/// It answers as OpenBao 2.7 does on policies, auth roles, database roles, mounts and their configuration: the same
/// requests are sent to both in `OpenBaoComparisonTests`. Answers go through the same classification as those of a real
/// server.
///
/// Not modelled: tokens and permissions, the parsing of policies (any text but the empty one is accepted), expiry of
/// policies, listing of anything else, namespaces, credentials, static roles' databases, what JWT auth fetches from URLs, certificates.
package final class InMemoryVault: VaultAPI {
    /// What is mounted at a path.
    package typealias MountType = MountKind
    /// Whose behaviour is shown where they differ.
    package typealias Flavour = VaultFlavour

    private let state: Mutex<InMemoryVaultState>
    private let flavour: Flavour
    /// The policies of whoever comes through the port.
    private let login = Mutex<Set<String>>([])

    /// Makes an unsealed server without objects.
    ///
    /// - Parameter mounts: by path, for auth methods without `auth/`.
    package init(mounts: [String: MountType], flavour: Flavour = .openBao) {
        state = Mutex(InMemoryVaultState(mounts: mounts, flavour: flavour))
        self.flavour = flavour
    }

    package func read(_ path: String) async throws(VaultError) -> JSONValue? {
        switch try answer(.get, path, nil) {
        case .success(let data, _):
            guard let data else { throw VaultError(.malformedAnswer, "the answer to a read has no data") }
            return data
        case .absent: return nil
        case .failure(let error): throw error
        }
    }

    /// Policies are listed, and nothing else is.
    package func details(below path: String) async throws(VaultError) -> [String: JSONValue] {
        let checked = try VaultPath(path)
        switch state.withLock({ $0.list(checked) }).outcome(of: .get, checked) {
        case .success(let data, _): return data?["key_info"]?.object ?? [:]
        case .absent: return [:]
        case .failure(let error): throw error
        }
    }

    /// Nothing is ever counted: leases, of which alone somebody wants to know how many there are, are not modelled.
    package func count(below path: String) async throws(VaultError) -> Int {
        _ = try VaultPath(path)
        if isSealed { throw VaultError(.sealed, "the server is sealed or not initialised") }
        return 0
    }

    @discardableResult
    package func write(_ path: String, _ body: JSONValue) async throws(VaultError) -> [String] {
        switch try answer(.post, path, body) {
        case .success(_, let warnings): return warnings
        case .absent: throw VaultError(.rejected, "the server refuses the request")
        case .failure(let error): throw error
        }
    }

    package func submit(_ path: String, _ body: JSONValue) async throws(VaultError) -> JSONValue? {
        switch try answer(.post, path, body) {
        case .success(let data, _): return data
        case .absent: throw VaultError(.rejected, "the server refuses the request")
        case .failure(let error): throw error
        }
    }

    package func delete(_ path: String) async throws(VaultError) {
        if case .failure(let error) = try answer(.delete, path, nil) { throw error }
    }

    package func checkHealth() async throws(VaultError) {
        if isSealed { throw VaultError(.sealed, "the server is sealed or not initialised") }
    }

    package var ownPolicies: Set<String> {
        get { login.withLock { $0 } }
        set { login.withLock { $0 = newValue } }
    }

    package var supportsPolicyCheckAndSet: Bool {
        get async throws(VaultError) { flavour == .openBao }
    }

    private func answer(_ method: VaultMethod, _ path: String, _ body: JSONValue?) throws(VaultError) -> VaultOutcome {
        let checked = try VaultPath(path)
        return state.withLock { $0.respond(to: method, checked, body) }.outcome(of: method, checked)
    }
}

// MARK: - For tests

extension InMemoryVault {
    /// Whether every request is answered with 503.
    package var isSealed: Bool {
        get { state.withLock { $0.isSealed } }
        set { state.withLock { $0.isSealed = newValue } }
    }

    /// What the server answers when it is asked what the token may do: at these paths this, elsewhere nothing. Requests
    /// are answered whatever it says.
    package var rights: [String: Set<String>] {
        get { state.withLock { $0.rights } }
        set { state.withLock { $0.rights = newValue } }
    }

    /// Mounts or, with nil, removes an engine; removing destroys its objects, as it does on a server.
    package func mount(_ type: MountType?, at path: String) {
        state.withLock { $0.mount(type, at: path) }
    }

    /// Writes as somebody else would: the same rules, but not counted, and even when sealed.
    ///
    /// Stops the test when the server would refuse the write.
    package func foreignWrite(_ path: String, _ body: JSONValue) {
        foreign(.post, path, body)
    }

    /// Deletes as somebody else would; an absent object is none the worse.
    package func foreignDelete(_ path: String) {
        foreign(.delete, path, nil)
    }

    /// Leaves of the authorities of a PKI engine what a server leaves that stopped between two of its writes: keys and issuers
    /// that are not the engine's default.
    package func loseDefaults(ofMountAt route: String) {
        state.withLock { $0.loseDefaults(ofMountAt: route) }
    }

    /// What a read would return; nil when there is no such object. Also when sealed.
    package func peek(_ path: String) -> JSONValue? {
        guard let path = try? VaultPath(path) else { return nil }
        return state.withLock { $0.handle(.get, path, nil) }.envelope?.data
    }

    /// The API paths of all objects, sorted, as the server folds them.
    package var paths: [String] {
        state.withLock { $0.objects.keys.sorted() }
    }

    /// What was written and deleted through the port, in order; refused requests too.
    package var changes: [VaultChange] {
        state.withLock { $0.changes }
    }

    /// How many writes and deletes came through the port.
    package var writeCount: Int {
        state.withLock { $0.changes.count }
    }

    private func foreign(_ method: VaultMethod, _ path: String, _ body: JSONValue?) {
        let outcome: VaultOutcome
        do {
            let checked = try VaultPath(path)
            outcome = state.withLock { $0.handle(method, checked, body) }.outcome(of: method, checked)
        } catch {
            outcome = .failure(error)
        }
        if case .failure(let error) = outcome {
            preconditionFailure("a foreign change of \(path) is refused: \(error)")
        }
    }
}
