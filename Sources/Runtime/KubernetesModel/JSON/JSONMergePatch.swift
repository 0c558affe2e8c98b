extension JSONValue {
    /// The merge patch (RFC 7386) that makes one value of another: members that go are null in it, and those that stay as they
    /// are not in it. Arrays are replaced whole. What it is made for must not have null as a member, which no merge patch can
    /// say.
    public static func mergePatch(from old: JSONValue, to new: JSONValue) -> JSONValue {
        guard case .object(let old) = old, case .object(let new) = new else { return new }
        var patch: [String: JSONValue] = [:]
        for name in old.keys where new[name] == nil { patch[name] = .null }
        for (name, value) in new where old[name] != value {
            patch[name] = old[name].map { mergePatch(from: $0, to: value) } ?? value
        }
        return .object(patch)
    }
}
