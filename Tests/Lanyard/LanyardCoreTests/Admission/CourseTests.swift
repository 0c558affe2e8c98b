import KubernetesModel
import Testing

@testable import LanyardCore

@Suite("Course")
struct CourseTests {
    private static let invalid = Refusal(
        violations: SpecViolations(.init(kind: .invalid, field: "spec.path", message: "must")), withdraws: false)
    private static let outside = Refusal(violations: invalid.violations, withdraws: true)

    private static func web(isDeleted: Bool) -> ObjectMeta {
        var metadata = ObjectMeta(name: "web")
        metadata.deletionTimestamp = isDeleted ? "2026-01-02T00:00:00Z" : nil
        return metadata
    }

    private static func course(
        isDeleted: Bool, isPaused: Bool, _ admission: Result<String, Refusal>
    ) -> Course<String> {
        Course(of: web(isDeleted: isDeleted), isPaused: isPaused) { admission }
    }

    @Test("what is accepted is made, unless it is paused; a deletion waits for the pause, too")
    func accepted() {
        #expect(Self.course(isDeleted: false, isPaused: false, .success("a")) == .converge("a"))
        #expect(Self.course(isDeleted: false, isPaused: true, .success("a")) == .pause("a"))
        #expect(Self.course(isDeleted: true, isPaused: true, .success("a")) == .pause("a"))
    }

    @Test("a refusal is said of a paused object, too; of one that is being deleted only if it takes something away")
    func refused() {
        #expect(Self.course(isDeleted: false, isPaused: false, .failure(Self.invalid)) == .refuse(Self.invalid))
        #expect(Self.course(isDeleted: false, isPaused: true, .failure(Self.invalid)) == .refuse(Self.invalid))
        #expect(Self.course(isDeleted: true, isPaused: true, .failure(Self.invalid)) == .pause(nil))
        #expect(Self.course(isDeleted: true, isPaused: true, .failure(Self.outside)) == .refuse(Self.outside))
    }

    @Test("an object that is let go is not held against anything")
    func deleted() {
        let course = Course<String>(of: Self.web(isDeleted: true), isPaused: false) {
            Issue.record("it was asked for")
            return .failure(Self.invalid)
        }
        #expect(course == .cleanUp)
    }
}
