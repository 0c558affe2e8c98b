extension ScriptedAnswer {
    /// How the bytes of a stream are cut into chunks.
    public enum Chunking: Sendable {
        /// A chunk per line.
        case lines
        /// All lines in one chunk.
        case whole
        /// Chunks of so many bytes, wherever lines end.
        case every(Int)
        /// Two chunks that meet at this byte.
        case split(at: Int)
        /// As a proxy that buffers: chunks of so many bytes, and the rest only when the stream ends.
        case buffered(Int)
    }

    /// How a stream ends.
    public enum Ending: Sendable {
        /// In order, as after `timeoutSeconds`.
        case finished
        /// The connection is closed in the middle of the stream.
        case closed
        /// The connection is reset.
        case reset
        /// Never: nothing more comes, and no FIN either.
        case hang
    }

    /// A watch that sends these lines at once.
    ///
    /// - Parameters:
    ///   - lineEnd: what follows every line.
    ///   - endsLastLine: false leaves it out after the last one.
    public static func watch(
        _ lines: [String], lineEnd: String = "\n", endsLastLine: Bool = true, chunking: Chunking = .lines,
        ending: Ending = .finished
    ) -> ScriptedAnswer {
        let pieces = chunking.cut(lines, lineEnd: lineEnd, endsLastLine: endsLastLine)
        return ScriptedAnswer { writer in
            try await writer.head(200, headers: [("Content-Type", "application/json")])
            for piece in pieces.beforeEnd { try await writer.body(piece) }
            switch ending {
            case .finished:
                try await writer.body(pieces.atEnd)
                try await writer.end()
            case .closed: await writer.close()
            case .reset: await writer.reset()
            case .hang: await writer.hang()
            }
        }
    }

    /// A watch whose lines a test sends as it goes along; it ends in order with the sequence.
    public static func watch(
        from lines: some AsyncSequence<String, Never> & Sendable
    ) -> ScriptedAnswer {
        ScriptedAnswer { writer in
            try await writer.head(200, headers: [("Content-Type", "application/json")])
            for await line in lines { try await writer.body(Array(line.utf8) + [UInt8(ascii: "\n")]) }
            try await writer.end()
        }
    }
}

extension ScriptedAnswer.Chunking {
    /// The chunks that are sent at once, and what is held back until the stream ends.
    func cut(
        _ lines: [String], lineEnd: String, endsLastLine: Bool
    ) -> (beforeEnd: [ArraySlice<UInt8>], atEnd: ArraySlice<UInt8>) {
        var pieces = lines.map { Array("\($0)\(lineEnd)".utf8)[...] }
        if !endsLastLine { pieces.append((pieces.popLast() ?? []).dropLast(lineEnd.utf8.count)) }
        let bytes = pieces.flatMap { $0 }[...]
        switch self {
        case .lines: return (pieces, [])
        case .whole: return ([bytes], [])
        case .every(let size): return (Self.blocks(bytes, size), [])
        case .split(let offset): return ([bytes.prefix(offset), bytes.dropFirst(offset)], [])
        case .buffered(let size):
            let whole = bytes.count / max(size, 1) * size
            return (Self.blocks(bytes.prefix(whole), size), bytes.dropFirst(whole))
        }
    }

    private static func blocks(_ bytes: ArraySlice<UInt8>, _ size: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: max(size, 1)).map { bytes.dropFirst($0).prefix(max(size, 1)) }
    }
}
