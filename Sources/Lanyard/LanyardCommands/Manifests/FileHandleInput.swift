import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard input as a whole.
enum FileHandleInput {
    /// Reads to the end, at most a little more than any manifest may have.
    static func readAll(limit: Int = 17 * 1024 * 1024) -> Data {
        var result = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while result.count < limit {
            let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            result.append(contentsOf: buffer.prefix(count))
        }
        return result
    }
}
