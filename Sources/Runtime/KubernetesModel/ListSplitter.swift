public import FoundationEssentials

/// Cuts the objects out of a list as its text arrives, so that no more than one of them is held as text.
public struct ListSplitter: Sendable {
    /// The longest object that is accepted; etcd holds none above 1.5 MiB.
    private static let longestObject = 8 * 1024 * 1024
    /// The longest rest of a list that is accepted.
    private static let longestFrame = 1024 * 1024

    /// A text that is no list, or whose parts are too long.
    public struct Malformed: Error {}

    private enum Place {
        /// Outside of the objects.
        case frame
        /// Between two objects.
        case between
        /// In an object.
        case object
    }

    /// The list without its objects.
    private var frame: [UInt8] = []
    /// As much of an object as has arrived.
    private var object: [UInt8] = []
    private var place = Place.frame
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// Where in the frame the last string of the list itself begins, and ends: the name of a member, when a list follows.
    private var text = 0..<0

    /// Begins to read.
    public init() {}

    /// A piece of the text, as far as it was read.
    private struct Piece {
        let bytes: [UInt8]
        /// What lies before it is kept, or dropped.
        var start = 0
        var index = 0
        /// The objects that are complete now.
        var objects: [Data] = []

        /// What was read since the last time, with the byte that is being read.
        mutating func cut() -> ArraySlice<UInt8> {
            defer { start = index + 1 }
            return bytes[start...index]
        }
    }

    /// Takes what comes next.
    ///
    /// - Returns: the objects that are complete now.
    /// - Throws: `Malformed`.
    public mutating func take(_ chunk: Data) throws(Malformed) -> [Data] {
        var piece = Piece(bytes: Array(chunk))
        while piece.index < piece.bytes.count {
            let byte = piece.bytes[piece.index]
            if isInString { readInString(byte, of: &piece) } else { try read(byte, of: &piece) }
            piece.index += 1
        }
        keep(piece.bytes[piece.start...])
        guard frame.count <= Self.longestFrame, object.count <= Self.longestObject else { throw Malformed() }
        return piece.objects
    }

    private mutating func readInString(_ byte: UInt8, of piece: inout Piece) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            guard place == .frame, depth == 1 else { return }
            keep(piece.cut())
            text = text.lowerBound..<max(text.lowerBound, frame.count - 1)
        }
    }

    private mutating func read(_ byte: UInt8, of piece: inout Piece) throws(Malformed) {
        switch byte {
        case UInt8(ascii: "\""):
            guard place != .between else { throw Malformed() }
            isInString = true
            guard place == .frame, depth == 1 else { return }
            keep(piece.cut())
            text = frame.count..<frame.count
        case UInt8(ascii: "{"), UInt8(ascii: "["): try open(byte, of: &piece)
        case UInt8(ascii: "}"), UInt8(ascii: "]"): try close(byte, of: &piece)
        case UInt8(ascii: ","), 0x20, 0x0A, 0x0D, 0x09: break
        default:
            guard place != .between else { throw Malformed() }
        }
    }

    private mutating func open(_ byte: UInt8, of piece: inout Piece) throws(Malformed) {
        if place == .between {
            guard byte == UInt8(ascii: "{") else { throw Malformed() }
            place = .object
            piece.start = piece.index
        } else if place == .frame, depth == 1, byte == UInt8(ascii: "["), isAtItems {
            keep(piece.cut())
            place = .between
        }
        depth += 1
    }

    private mutating func close(_ byte: UInt8, of piece: inout Piece) throws(Malformed) {
        depth -= 1
        guard depth >= 0 else { throw Malformed() }
        if place == .between {
            guard depth == 1, byte == UInt8(ascii: "]") else { throw Malformed() }
            place = .frame
            piece.start = piece.index
        } else if place == .object, depth == 2 {
            keep(piece.cut())
            piece.objects.append(Data(object))
            object.removeAll(keepingCapacity: object.count < 64 * 1024)
            place = .between
        }
    }

    /// The metadata of the list, when all has been taken.
    ///
    /// - Throws: `Malformed`, `DecodingError`.
    public func finish() throws -> ListMeta {
        guard depth == 0, !isInString, place == .frame else { throw Malformed() }
        return try JSON.decode(Frame.self, from: Data(frame)).metadata
    }

    private struct Frame: Decodable {
        let metadata: ListMeta
        /// Without its objects.
        let items: [Bool]?
    }

    private var isAtItems: Bool { frame[text].elementsEqual("items".utf8) }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        switch place {
        case .frame: frame += bytes
        case .object: object += bytes
        case .between: break
        }
    }
}
