import KubernetesModel
import LanyardAPI
import LanyardCore
import Synchronization
import Testing

@testable import LanyardControllers

@Suite("IdentityStates")
struct IdentityStatesTests {
    private static let trouble = ConditionOutcome.fails(.noLiveAgents, "nobody serves it")

    private final class Received: Sendable {
        private let news = Mutex<[IdentityStates.News]>([])

        func add(_ one: IdentityStates.News) { news.withLock { $0.append(one) } }

        func take() -> [IdentityStates.News] {
            news.withLock { news in
                defer { news = [] }
                return news
            }
        }
    }

    private let received = Received()
    private let states: IdentityStates

    init() {
        let received = received
        states = IdentityStates { _, news in received.add(news) }
    }

    private func identity(generation: Int64 = 1, uid: String = "1") -> WorkloadIdentity {
        WorkloadIdentity(metadata: ObjectMeta(name: "web", namespace: "shop", uid: uid, generation: generation))
    }

    @Test("that an identity is as its spec says is news to who waits for it, and to nobody else (rule work-13)")
    func plain() {
        states.note(nil, .declared, of: identity())
        #expect(received.take() == [])
        #expect(states.awaitedState(of: identity())?.standing == .declared)
        // In another form it may be another one.
        let edited = identity(generation: 2)
        #expect(states.state(of: edited) == nil && states.awaitedState(of: edited) == nil)
        states.note(nil, .declared, of: edited)
        #expect(received.take() == [.standing])
        states.note(nil, .declared, of: edited)
        #expect(received.take() == [])
    }

    @Test("whoever waits is woken by a pass over an older form, too, and waits again")
    func olderForm() {
        let edited = identity(generation: 2)
        #expect(states.awaitedState(of: edited) == nil)
        states.note(nil, .declared, of: identity())
        #expect(received.take() == [.standing])
        #expect(states.awaitedState(of: edited) == nil)
        states.noteUnknown(of: edited)
        #expect(received.take() == [.standing])
    }

    @Test("that workloads cannot obtain it, or can again, is news of its own; who has it is news to all")
    func changes() {
        states.note(Self.trouble, .declared, of: identity())
        #expect(received.take() == [.trouble])
        states.note(Self.trouble, .declared, of: identity())
        #expect(received.take() == [])
        states.note(nil, .declared, of: identity())
        #expect(received.take() == [.trouble])
        states.note(nil, .uncertain, of: identity())
        #expect(received.take() == [.standing])
        states.note(nil, .declared, of: identity())
        #expect(received.take() == [.standing])
        // What another one of the name was says nothing.
        states.note(nil, .uncertain, of: identity(uid: "2"))
        #expect(received.take() == [.standing])
    }

    @Test("nobody waits for an identity that is gone")
    func gone() {
        #expect(states.awaitedState(of: identity()) == nil)
        states.forget(identity().key)
        states.note(nil, .declared, of: identity(uid: "2"))
        #expect(received.take() == [])
    }
}
