/// Goes through all states that a problem can get into, nearest first.
struct ProofSearch {
    /// What a search found.
    struct Outcome: Sendable {
        /// What goes wrong first; nil: nothing.
        var wrong: ProofWrong?
        /// The moves that lead there, the wrong one last.
        var moves: [ProofMove] = []
        /// How many states were gone through.
        var states = 0
        /// Whether there were no more.
        var isExhaustive = true
    }

    let problem: ProofProblem

    /// Searches breadth first, so that the first schedule that goes wrong is one of the shortest.
    ///
    /// - Parameter limit: The most states.
    /// - Returns: what was found.
    /// - Complexity: O(states × nodes²).
    func run(limit: Int) -> Outcome {
        var states = [ProofState(problem)]
        var parents: [(state: Int, move: ProofMove?)] = [(0, nil)]
        var places: [ProofState: Int] = [states[0]: 0]
        var outcome = Outcome()
        var next = 0
        while next < states.count {
            for move in problem.moves(from: states[next]) {
                var state = states[next]
                if let wrong = problem.perform(move, &state) {
                    outcome.wrong = wrong
                    outcome.moves = path(to: next, parents) + [move]
                    outcome.states = states.count
                    return outcome
                }
                guard places[state] == nil else { continue }
                guard states.count < limit else {
                    outcome.isExhaustive = false
                    outcome.states = states.count
                    return outcome
                }
                places[state] = states.count
                states.append(state)
                parents.append((next, move))
            }
            next += 1
        }
        outcome.states = states.count
        return outcome
    }

    private func path(to state: Int, _ parents: [(state: Int, move: ProofMove?)]) -> [ProofMove] {
        var moves: [ProofMove] = []
        var place = state
        while let move = parents[place].move {
            moves.append(move)
            place = parents[place].state
        }
        return moves.reversed()
    }
}
