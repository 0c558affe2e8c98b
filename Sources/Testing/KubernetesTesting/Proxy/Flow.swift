import NIOCore

/// What a `FaultProxy` does to the bytes that go in one direction. The faults may be combined.
public struct Flow: Equatable, Sendable {
    /// Nothing passes and nothing ends, as if packets were dropped; what has come meanwhile passes afterwards.
    public var isStalled = false
    /// How long every piece is held up.
    public var delay: Duration = .zero
    /// The most bytes that are sent on at once; cuts the chunks of an HTTP stream anywhere.
    public var pieceSize: Int?
    /// How many bytes pass in a second.
    public var bytesPerSecond: Int?
    /// Sends on only so many bytes at a time, and the rest when the sender ends.
    public var buffer: Int?
    /// How many bytes pass on each connection before it ends.
    public var limit: Int?
    /// How it ends then.
    public var ending = Ending.close

    /// How a connection ends.
    public enum Ending: Equatable, Sendable {
        /// In order (FIN).
        case close
        /// RST.
        case reset
    }

    /// What to do next on a connection.
    enum Step: Equatable {
        case read
        case pass(Int, after: Duration)
        case end(Ending)
        case finish
    }

    /// Lets everything pass.
    public init(
        isStalled: Bool = false, delay: Duration = .zero, pieceSize: Int? = nil, bytesPerSecond: Int? = nil,
        buffer: Int? = nil, limit: Int? = nil, ending: Ending = .close
    ) {
        self.isStalled = isStalled
        self.delay = delay
        self.pieceSize = pieceSize
        self.bytesPerSecond = bytesPerSecond
        self.buffer = buffer
        self.limit = limit
        self.ending = ending
    }

    /// Decides for a connection that is not stalled.
    ///
    /// - Parameters:
    ///   - held: bytes that have come and were not sent on yet.
    ///   - passed: bytes that were sent on.
    ///   - isOpen: whether more may come.
    func step(held: Int, passed: Int, isOpen: Bool) -> Step {
        if let limit, passed >= limit { return .end(ending) }
        guard held >= (isOpen ? max(buffer ?? 1, 1) : 1) else { return isOpen ? .read : .finish }
        var count = held
        if let buffer { count = min(count, max(buffer, 1)) }
        if let pieceSize { count = min(count, max(pieceSize, 1)) }
        if let limit { count = min(count, limit - passed) }
        guard let rate = bytesPerSecond.map({ max($0, 1) }) else { return .pass(count, after: delay) }
        // Ten pieces a second are smooth enough.
        count = min(count, max(rate / 10, 1))
        return .pass(count, after: delay + .seconds(count) / rate)
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Channel {
    /// Breaks a connection: its peer sees a reset. Over TLS it sees an ordinary end.
    func reset() async {
        if let options = self as? any SocketOptionProvider {
            // Closing a socket that does not linger sends RST in place of FIN.
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await close().get()
    }
}
