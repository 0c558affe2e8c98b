/// Something below a mount that shall be as declared.
package struct DesiredMountObject: Equatable, Sendable {
    /// What it is.
    package var kind: MountObjectKind
    /// Its API path.
    package var path: String
    /// The object, for messages: `connection temporal-postgres`.
    package var title: String
    /// How it shall be, as far as the spec says it.
    package var object: MountedObject
    /// What the spec only refers to.
    package var source: MountSource

    /// Describes what should be.
    package init(
        kind: MountObjectKind, path: String, title: String, object: MountedObject, source: MountSource = .spec
    ) {
        self.kind = kind
        self.path = path
        self.title = title
        self.object = object
        self.source = source
    }
}
