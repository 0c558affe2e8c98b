import Synchronization

/// Passes a signal on to somebody who is made later than its sender.
final class Relay: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)

    /// Does what is to be done, if anybody has said so yet.
    func send() {
        action.withLock { $0 }?()
    }

    /// Says what is to be done from now on.
    func onSignal(_ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
    }
}
