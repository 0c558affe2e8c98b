import FoundationEssentials
import Glibc

extension Data {
    /// The lines that contain a text, without their ends. Looked for by the C library: the logs of servers are long, and
    /// tests that look at them over and over, without optimization, would take the machine from what they test.
    ///
    /// - Parameter offset: where to begin, in bytes.
    func lines(containing text: String, from offset: Int = 0) -> [Data] {
        let needle = Array(text.utf8)
        return withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return [] }
            var lines: [Data] = []
            var start = offset
            while start < bytes.count {
                let end = Self.index(of: UInt8(ascii: "\n"), in: base, from: start, to: bytes.count) ?? bytes.count
                if Self.contains(needle, base, from: start, to: end) { lines.append(Data(bytes[start..<end])) }
                start = end + 1
            }
            return lines
        }
    }

    private static func index(of byte: UInt8, in base: UnsafeRawPointer, from start: Int, to end: Int) -> Int? {
        memchr(base + start, Int32(byte), end - start).map { UnsafeRawPointer($0) - base }
    }

    private static func contains(_ needle: [UInt8], _ base: UnsafeRawPointer, from start: Int, to end: Int) -> Bool {
        guard let first = needle.first else { return true }
        var start = start
        while start + needle.count <= end, let hit = index(of: first, in: base, from: start, to: end) {
            if hit + needle.count <= end, memcmp(base + hit, needle, needle.count) == 0 { return true }
            start = hit + 1
        }
        return false
    }
}
