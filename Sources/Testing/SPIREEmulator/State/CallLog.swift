package import FoundationEssentials
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes one JSON line for each call that was answered, so that a test can prove what was asked and what was not.
package final class CallLog: Sendable {
    /// One call.
    package struct Call: Codable, Equatable, Sendable {
        /// RFC 3339, UTC.
        package var time: String
        /// Name of the method without its service.
        package var method: String
        /// How many items the request or, for a listing, the answer has.
        package var items: Int
        /// IDs of the items, where they have one.
        package var ids: [String]
        /// Names of the status codes: one for each item of a batch, otherwise one.
        package var results: [String]
    }

    private let descriptor: Mutex<Int32>

    /// Opens the file to append to it.
    ///
    /// - Throws: `EmulatorError` when that is not possible.
    package init(path: String) throws(EmulatorError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw EmulatorError("the call log \(path) cannot be opened") }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        _ = descriptor.withLock { close($0) }
    }

    /// Appends one line.
    func append(method: String, items: Int, ids: [String], results: [String]) {
        let call = Call(
            time: Date.now.formatted(.iso8601), method: method, items: items, ids: ids, results: results)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var line = try? Array(encoder.encode(call)) else { return }
        line.append(UInt8(ascii: "\n"))
        // The lock keeps lines whole and in order.
        descriptor.withLock { descriptor in
            var rest = line[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// Reads a call log.
    ///
    /// - Throws: When the file cannot be read or a line is no call.
    package static func read(_ file: URL) throws -> [Call] {
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return try text.split(separator: "\n").map { line in
            try JSONDecoder().decode(Call.self, from: Data(line.utf8))
        }
    }
}
