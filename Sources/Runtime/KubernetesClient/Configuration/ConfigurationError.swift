import FoundationEssentials

/// Why no cluster could be configured: names the file, the entry and the field, never a value.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file that is at fault; nil when no file is.
    public let file: String?
    /// The entry within it, such as `context "dev"`.
    public let entry: String?
    /// The field of the entry.
    public let field: String?
    /// What is wrong.
    public let problem: String

    /// Describes a fault.
    public init(file: String? = nil, entry: String? = nil, field: String? = nil, problem: String) {
        self.file = file
        self.entry = entry
        self.field = field
        self.problem = problem
    }

    /// File, entry, field and problem.
    public var description: String {
        ([file, entry, field].compactMap { $0 } + [problem]).joined(separator: ": ")
    }
}

extension ConfigurationError {
    /// Where in the files a value comes from.
    struct Place {
        private let file: String
        private let entry: String

        /// Names an entry of a file, and the context that it is read for.
        init(_ file: String, context: String, _ kind: String, _ name: String) {
            self.file = file
            entry = "context \"\(context)\": \(kind) \"\(name)\""
        }

        /// A fault in a field of the entry.
        func error(_ field: String, _ problem: String) -> ConfigurationError {
            ConfigurationError(file: file, entry: entry, field: field, problem: problem)
        }

        /// Names the entry in the errors of an operation that knows only the field.
        func naming<Value>(_ operation: () throws -> Value) throws -> Value {
            do {
                return try operation()
            } catch let fault as ConfigurationError where fault.file == nil {
                throw ConfigurationError(file: file, entry: entry, field: fault.field, problem: fault.problem)
            }
        }

        /// A path as it is meant: relative to the folder of the file that it is written in.
        func absolute(_ path: String) -> String {
            guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
            return file[...slash] + path
        }

        /// The data if there is any, else the file.
        ///
        /// - Throws: `ConfigurationError` for data that is not base64.
        func pem(file: String?, data: String?, _ field: String) throws -> PEMSource? {
            guard let data = data.nonEmpty else { return file.nonEmpty.map { .file(path: absolute($0)) } }
            let digits = data.filter { !$0.isWhitespace }
            guard let decoded = Data(base64Encoded: digits), !decoded.isEmpty else {
                throw error("\(field)-data", "is not base64")
            }
            return .inline(Secret(String(decoding: decoded, as: UTF8.self)))
        }
    }
}

extension String? {
    /// Nil for the empty string, which kubeconfig files use for "not set".
    var nonEmpty: String? {
        self?.isEmpty == false ? self : nil
    }
}
