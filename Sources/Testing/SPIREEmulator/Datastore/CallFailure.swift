import SPIREClient

/// A status other than OK, of a call or of one item of a batch.
package struct CallFailure: Error, Equatable, Sendable {
    /// A gRPC status code (`StatusCode`).
    package let code: Int32
    /// What the server says.
    package let message: String

    /// Makes a failure.
    package init(_ code: Int32, _ message: String) {
        self.code = code
        self.message = message
    }

    static func invalidArgument(_ message: String) -> CallFailure { CallFailure(StatusCode.invalidArgument, message) }
    static func notFound(_ message: String) -> CallFailure { CallFailure(StatusCode.notFound, message) }
    static func internalError(_ message: String) -> CallFailure { CallFailure(StatusCode.internalError, message) }

    /// The same failure with words before its message, as the server wraps errors.
    func wrapped(_ prefix: String) -> CallFailure { CallFailure(code, "\(prefix): \(message)") }

    /// The failure as the status of one item.
    var status: WireStatus {
        var status = WireStatus()
        status.code = code
        status.message = message
        return status
    }
}

extension Spire_Api_Types_Status {
    /// The status of an item that went well.
    static var ok: Self {
        var status = Self()
        status.message = "OK"
        return status
    }
}

/// Why the emulator cannot start, in words for its user.
package struct EmulatorError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    /// Makes an error.
    package init(_ description: String) {
        self.description = description
    }
}

/// What became of one item of a batch.
struct ItemOutcome<Value> {
    let status: WireStatus
    /// Nil when the status is not OK.
    let value: Value?

    /// Carries the item out.
    init(_ body: () throws(CallFailure) -> Value) {
        do {
            value = try body()
            status = .ok
        } catch {
            value = nil
            status = error.status
        }
    }
}
