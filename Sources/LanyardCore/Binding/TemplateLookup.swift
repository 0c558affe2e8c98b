package import LanyardAPI

/// Finds a DatabaseRoleTemplate by its name; nil when there is none.
package typealias TemplateLookup = @Sendable (String) -> DatabaseRoleTemplate?
