import Synchronization

@testable import LampOperator

/// A panel in memory, which remembers every call.
final class MemoryPanel: LampPanel {
    private struct State {
        var lit: [String: String] = [:]
        var calls: [String] = []
    }

    private let state = Mutex(State())

    var lit: [String: String] { state.withLock { $0.lit } }
    var calls: [String] { state.withLock { $0.calls } }

    func light(_ lamp: String, _ color: String) async throws {
        state.withLock { state in
            state.lit[lamp] = color
            state.calls.append("light \(lamp) \(color)")
        }
    }

    func putOut(_ lamp: String) async throws {
        state.withLock { state in
            state.lit[lamp] = nil
            state.calls.append("put out \(lamp)")
        }
    }
}
