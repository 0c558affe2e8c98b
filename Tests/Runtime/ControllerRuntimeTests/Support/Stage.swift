import Dispatch
import KubernetesTesting
import Synchronization
import Testing

/// Runs the tasks under test one after the other on a thread of its own and knows when they all wait, so that virtual
/// time moves only then: the same history each time, however busy the machine is.
///
/// Add the tasks under test with `group.addTask(executorPreference: stage.executor)`; what they start inherits it.
struct Stage: Sendable {
    let clock = VirtualClock()
    let executor = Executor()

    /// Counts the jobs that are queued or running.
    final class Executor: TaskExecutor {
        private let queue = DispatchQueue(label: "stage")
        private let pending = Atomic(0)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            pending.add(1, ordering: .sequentiallyConsistent)
            queue.async {
                job.runSynchronously(on: self.asUnownedTaskExecutor())
                self.pending.subtract(1, ordering: .sequentiallyConsistent)
            }
        }

        var isIdle: Bool { pending.load(ordering: .sequentiallyConsistent) == 0 }
    }

    /// Waits until every task under test waits for time or for the test. Looks several times, since ServiceLifecycle wakes
    /// some tasks from tasks of its own.
    func settle() async {
        var idle = 0
        while idle < 4 {
            try? await Task.sleep(for: .microseconds(50))
            idle = executor.isIdle ? idle + 1 : 0
        }
    }

    /// Jumps from deadline to deadline until a condition holds; fails the test when it does not within the virtual time.
    func run(
        _ what: Comment, atMost limit: Duration = .seconds(3_600), sourceLocation: SourceLocation = #_sourceLocation,
        until condition: () async -> Bool
    ) async {
        let end = clock.now + limit
        let giveUpAt = ContinuousClock.now + .seconds(60)
        while clock.now < end, ContinuousClock.now < giveUpAt {
            await settle()
            if await condition() { return }
            // What happens after the limit is too late, however far away the next deadline is.
            if let next = clock.nextDeadline, next > end { break }
            clock.advanceToNextDeadline()
        }
        if await condition() { return }
        Issue.record(what, sourceLocation: sourceLocation)
    }

    /// Lets time pass from deadline to deadline.
    ///
    /// - Parameter body: called after each step.
    func pass(_ duration: Duration, _ body: () -> Void = {}) async {
        let end = clock.now + duration
        while true {
            await settle()
            body()
            guard let next = clock.nextDeadline, next <= end else { break }
            clock.advanceToNextDeadline()
        }
        clock.advance(by: end - clock.now)
        await settle()
        body()
    }
}
