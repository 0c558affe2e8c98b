import FoundationEssentials
import KubernetesClient
import Synchronization

/// Files in memory, which can be missing or unreadable.
final class FileTree: Sendable {
    private let files: Mutex<[String: String?]>
    private let reads = Mutex(0)
    private let action = Mutex<(@Sendable () -> Void)?>(nil)

    struct Unreadable: Error {}

    /// Starts with contents; nil is a file that cannot be read.
    init(_ files: [String: String?]) {
        self.files = Mutex(files)
    }

    /// How often any file was read.
    var readCount: Int { reads.withLock { $0 } }

    /// Changes a file.
    func write(_ content: String?, to path: String) {
        files.withLock { $0[path] = .some(content) }
    }

    /// Does something while the next file is read.
    func beforeNextRead(_ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
    }

    var reader: FileReader {
        FileReader { path in
            self.reads.withLock { $0 += 1 }
            let action = self.action.withLock { action in
                defer { action = nil }
                return action
            }
            action?()
            guard let content = self.files.withLock({ $0[path] }) else { return nil }
            guard let content else { throw Unreadable() }
            return Data(content.utf8)
        }
    }
}
