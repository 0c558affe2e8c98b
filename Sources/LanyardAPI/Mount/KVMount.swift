/// A KV engine.
package struct KVMount: Codable, Equatable, Sendable {
    /// 1 or 2; 2 when absent. Never changes.
    package var version: Int?

    /// Makes an engine.
    package init(version: Int? = nil) { self.version = version }
}
