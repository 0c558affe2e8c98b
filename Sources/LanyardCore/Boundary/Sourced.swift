/// Something that a boundary allows, and which one does.
struct Sourced<Value: Equatable & Sendable>: Equatable, Sendable {
    let value: Value
    /// How people call the boundary: `IdentityBoundary shop`, or `the built-in default`.
    let boundary: String
}
