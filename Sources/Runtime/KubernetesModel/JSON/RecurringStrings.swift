import Synchronization

/// Plain strings that came lately, so that the same one in many objects (a time, a message, the name of a member) is in memory
/// once. A table of fixed size: a newer string takes the place of an older one.
package struct RecurringStrings: Sendable {
    /// Shorter ones have no memory of their own, longer ones are hardly ever the same.
    static let lengths = 16...256

    private static let idle = Mutex<RecurringStrings?>(RecurringStrings())

    /// The table has 2 to the power of this many places.
    private static let bits = 9

    private var table = [String](repeating: "", count: 1 << bits)

    /// An empty table.
    package init() {}

    /// The process's table; nil while somebody else has it, who is not waited for.
    static func take() -> RecurringStrings? {
        idle.withLock { table in
            defer { table = nil }
            return table
        }
    }

    /// Puts the table back for the next one.
    consuming func giveBack() {
        let table = self
        Self.idle.withLock { $0 = table }
    }

    /// The string of these characters, which must be ASCII; nil if it is not of a length that is worth it.
    package mutating func string(_ characters: UnsafeBufferPointer<UInt8>) -> String? {
        guard Self.lengths.contains(characters.count) else { return nil }
        let slot = Self.slot(of: UnsafeRawBufferPointer(characters))
        let isSame = table[slot].utf8.withContiguousStorageIfAvailable { $0.elementsEqual(characters) } ?? false
        if !isSame { table[slot] = String(decoding: characters, as: UTF8.self) }
        return table[slot]
    }

    /// From both ends and the middle: what recurs differs in one of them, and no more has to be read.
    private static func slot(of characters: UnsafeRawBufferPointer) -> Int {
        let positions = [0, characters.count / 2 - 4, characters.count - 8]
        var hash = UInt64(characters.count)
        for position in positions {
            let word = characters.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 32
        }
        // Only the high bits of a product depend on all of its factors.
        return Int(hash >> (64 - bits))
    }
}
