import FoundationEssentials
import KubernetesModel
import Synchronization

/// A log of one JSON value per line that grows while a test looks at it. Each line is decoded once.
final class JSONLog: Sendable {
    private let path: String
    private let state: Mutex<(offset: Int, lines: [JSONValue])>

    /// Begins with the first line, or after so many bytes.
    init(path: String, from offset: Int = 0) {
        self.path = path
        state = Mutex((offset, []))
    }

    /// Everything so far, but for a last line that is not complete and for lines that are no JSON. Nothing while there is no
    /// file.
    func lines() throws -> [JSONValue] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let data = try Data(contentsOf: URL(filePath: path))
        return state.withLock { state in
            var new = data.lines(containing: "", from: state.offset)
            if data.last != UInt8(ascii: "\n"), !new.isEmpty { new.removeLast() }
            for line in new {
                state.offset += line.count + 1
                if let value = try? JSON.decode(JSONValue.self, from: line) { state.lines.append(value) }
            }
            return state.lines
        }
    }
}
