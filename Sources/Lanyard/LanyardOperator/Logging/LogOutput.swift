import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where log lines go. A reader that does not keep up costs lines, which are counted, and never holds up whoever writes:
/// renewals of the lease and probes write, too.
final class LogOutput: Sendable {
    static let standardError = LogOutput(descriptor: STDERR_FILENO)

    /// What a pipe that can be written to takes without blocking.
    private static let chunk = 4096
    /// How long a line may wait for a reader, in milliseconds, unless the one before waited in vain.
    private static let patience: Int32 = 20

    private struct State {
        var dropped = 0
        /// Whether the last line that was written is not whole.
        var isCut = false
    }

    private let descriptor: Int32
    private let state = Mutex(State())

    /// Writes to a file descriptor.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes a line, whole and not mixed with others.
    ///
    /// - Parameter notice: makes the line that tells of so many dropped ones.
    func write(_ line: String, notice: (Int) -> String) {
        state.withLock { state in
            var text = line + "\n"
            if state.dropped > 0 { text = notice(state.dropped) + "\n" + text }
            if state.isCut { text = "\n" + text }
            let patience = state.dropped > 0 ? 0 : Self.patience
            switch send(text, patience) {
            case .all:
                state = State()
            case .nothing:
                state.dropped += 1
            case .some:
                state = State(dropped: 1, isCut: true)
            }
        }
    }

    private enum Sent { case nothing, some, all }

    private func send(_ text: String, _ patience: Int32) -> Sent {
        var text = text
        return text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                guard isWritable(within: patience), let start = bytes.baseAddress else { break }
                let count = posixWrite(descriptor, start + sent, min(bytes.count - sent, Self.chunk))
                guard count > 0 else { break }
                sent += count
            }
            return sent == bytes.count ? .all : sent == 0 ? .nothing : .some
        }
    }

    private func isWritable(within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, milliseconds) > 0
    }
}

private func posixWrite(_ descriptor: Int32, _ start: UnsafePointer<UInt8>, _ count: Int) -> Int {
    write(descriptor, start, count)
}
