import Synchronization

/// Runs tasks on the thread that asks for it, job by job in the order in which they came: the same way every time, as threads
/// beside each other never are.
final class TurnExecutor: TaskExecutor {
    private let waiting = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let taken = UnownedJob(job)
        waiting.withLock { $0.append(taken) }
    }

    /// Runs jobs until none waits.
    ///
    /// - Returns: whether there was one.
    func runAll() -> Bool {
        var hasRun = false
        while true {
            let jobs = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            if jobs.isEmpty { return hasRun }
            hasRun = true
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
