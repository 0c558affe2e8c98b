import FoundationEssentials
import Testing

@testable import LanyardOperator

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite("LogOutput", .timeLimit(.minutes(1)))
struct LogOutputTests {
    private let reader: Int32
    private let writer: Int32
    private let output: LogOutput

    init() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
        output = LogOutput(descriptor: writer)
    }

    private func write(_ line: String) {
        output.write(line) { "\($0) dropped" }
    }

    /// What is in the pipe now.
    private func drain() -> String {
        _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reader, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }

    @Test("lines are written whole, one after the other")
    func lines() {
        write("one")
        write(String(repeating: "x", count: 10_000))
        #expect(drain() == "one\n" + String(repeating: "x", count: 10_000) + "\n")
        close(reader)
        close(writer)
    }

    @Test("a reader that does not keep up costs lines, which are counted, and holds nobody up")
    func full() {
        for number in 0..<3_000 { write("\(number) " + String(repeating: "y", count: 100)) }
        let before = drain().split(separator: "\n")
        #expect(before.count < 3_000 && before.first?.hasPrefix("0 ") == true)
        write("last")
        let after = drain().split(separator: "\n").map(String.init)
        #expect(after.suffix(2) == ["\(3_000 - before.count(where: { $0.count > 100 })) dropped", "last"])
        write("on")
        #expect(drain() == "on\n")
        close(reader)
        close(writer)
    }
}
