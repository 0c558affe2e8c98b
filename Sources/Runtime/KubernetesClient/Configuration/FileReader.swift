public import FoundationEssentials

/// How files are read, so that tests bring their own.
public struct FileReader: Sendable {
    /// The content of a file; nil when there is no such file.
    ///
    /// Throws when the file exists and cannot be read.
    public var read: @Sendable (_ path: String) throws -> Data?

    /// Reads with a closure.
    public init(read: @escaping @Sendable (_ path: String) throws -> Data?) {
        self.read = read
    }

    /// Reads from the file system.
    public static var system: FileReader {
        FileReader { path in
            do {
                return try Data(contentsOf: URL(filePath: path))
            } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
                return nil
            }
        }
    }
}
