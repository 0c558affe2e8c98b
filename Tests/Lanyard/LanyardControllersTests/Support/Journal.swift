import Synchronization

/// What an operator sent to its servers, in order; a test can let calls fail, or have something happen just before one.
///
/// A call is written `vault write sys/policies/acl/web`, `spire create lanyard.sim.shop.web`,
/// `kube patch namespaces/shop/workloadidentities/web/status`.
final class Journal: Sendable {
    private struct State {
        var calls: [String] = []
        var isFenced = false
        var failures: [(prefix: String, error: any Error)] = []
        var actions: [(prefix: String, action: @Sendable () async throws -> Void)] = []
        var lastCall: Int?
    }

    /// What a port does instead of a write while the fence is closed.
    struct Fenced: Error {}

    /// What becomes of every call of a process that is no more.
    struct Crashed: Error {}

    private static let writeVerbs: Set<String> = [
        "write", "submit", "delete", "create", "update", "post", "put", "patch",
    ]

    private let state = Mutex(State())

    /// All calls that were sent.
    var calls: [String] { state.withLock { $0.calls } }

    /// The calls that change something, or try to.
    var writes: [String] { calls.filter(Self.isWrite) }

    /// Writes of a system: `vault`, `spire` or `kube`.
    func writes(to system: String) -> [String] { writes.filter { $0.hasPrefix("\(system) ") } }

    /// Whether writes to SPIRE and Vault are kept back, as their clients do in a process that does not lead.
    var isFenced: Bool {
        get { state.withLock { $0.isFenced } }
        set { state.withLock { $0.isFenced = newValue } }
    }

    /// Forgets the calls.
    func clear() { state.withLock { $0.calls = [] } }

    /// Lets all calls fail that begin with a text, until `heal`.
    func fail(_ prefix: String, with error: any Error) { state.withLock { $0.failures.append((prefix, error)) } }

    /// Ends all failures.
    func heal() { state.withLock { $0.failures = [] } }

    /// Lets the process end after so many more calls: no later one reaches its server.
    func crash(after calls: Int) { state.withLock { $0.lastCall = $0.calls.count + calls } }

    /// Does something once, just before the next call that begins with a text reaches its server.
    func before(_ prefix: String, _ action: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.actions.append((prefix, action)) }
    }

    /// Passes a call on.
    ///
    /// - Throws: what the test wants the call to fail with.
    func send(_ call: String) async throws {
        let (action, failure) = try state.withLock { state in
            if state.isFenced, Self.isWrite(call), !call.hasPrefix("kube ") { throw Fenced() }
            if let last = state.lastCall, state.calls.count >= last { throw Crashed() }
            state.calls.append(call)
            let index = state.actions.firstIndex { call.hasPrefix($0.prefix) }
            let action = index.map { state.actions.remove(at: $0).action }
            return (action, state.failures.first { call.hasPrefix($0.prefix) }?.error)
        }
        try await action?()
        if let failure { throw failure }
    }

    private static func isWrite(_ call: String) -> Bool {
        call.split(separator: " ").dropFirst().first.map { writeVerbs.contains(String($0)) } ?? false
    }
}
