/// A file that cannot be read, or a document in it that is no object.
struct ManifestProblem: Error, Equatable, CustomStringConvertible {
    /// The file as it was named.
    let file: String
    /// The number of the document in it, from 1; nil when it is about the file.
    let document: Int?
    /// What is wrong, to be read after the place.
    let message: String

    /// What is wrong within a document.
    struct Content: Error {
        let message: String
    }

    var description: String {
        Printable.text(file) + (document.map { ", document \($0)" } ?? "") + ": " + message
    }
}
