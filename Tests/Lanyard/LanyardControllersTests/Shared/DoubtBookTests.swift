import KubernetesModel
import Testing

@testable import LanyardControllers

@Suite("DoubtBook")
struct DoubtBookTests {
    private let book = DoubtBook()

    private static func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "shop", name: name) }

    @Test("a doubt lasts after a minute of it, and begins anew after its end and after an hour without it")
    func patience() {
        #expect(!book.lasts(of: Self.key("web"), at: .seconds(0)))
        #expect(!book.lasts(of: Self.key("web"), at: .seconds(59)))
        #expect(!book.lasts(of: Self.key("api"), at: .seconds(60)))
        #expect(book.lasts(of: Self.key("web"), at: .seconds(60)))
        #expect(!book.lasts(of: Self.key("web"), at: .seconds(3_661)))
        #expect(book.lasts(of: Self.key("web"), at: .seconds(3_721)))
        book.remove(Self.key("web"))
        #expect(!book.lasts(of: Self.key("web"), at: .seconds(3_722)))
    }

    @Test("of objects that are gone nothing is remembered for ever")
    func forgets() {
        for index in 0..<100 { _ = book.lasts(of: Self.key("web-\(index)"), at: .seconds(index)) }
        #expect(book.count == 100)
        _ = book.lasts(of: Self.key("last"), at: .seconds(3_700))
        #expect(book.count == 1)
    }
}
