import Quantities

/// A value for each agent that has one, looked up without hashing and in the order of the agents.
///
/// A dictionary whose values are lists copies a list that is changed outside of it; here it is changed in place.
struct AgentTable<Value> {
    private var values: [Value?] = []

    /// Makes an empty table.
    init() {}

    private static func place(_ agent: Agent) -> Int {
        agent.isCore ? agent.index : Agent.maximumCores + agent.index
    }

    private static func agent(_ place: Int) -> Agent {
        place < Agent.maximumCores ? .core(place) : .device(place - Agent.maximumCores)
    }

    /// The value of an agent; nil: it has none.
    subscript(agent: Agent) -> Value? {
        get {
            let place = Self.place(agent)
            return place < values.count ? values[place] : nil
        }
        _modify {
            let place = Self.place(agent)
            grow(to: place)
            yield &values[place]
        }
    }

    /// The value of an agent, which gets one if it has none.
    subscript(agent: Agent, default value: @autoclosure () -> Value) -> Value {
        get { self[agent] ?? value() }
        _modify {
            let place = Self.place(agent)
            grow(to: place)
            // Taken out while it is changed: it has no second owner then, and nothing is copied.
            var changed = values[place] ?? value()
            values[place] = nil
            defer { values[place] = changed }
            yield &changed
        }
    }

    private mutating func grow(to place: Int) {
        while values.count <= place { values.append(nil) }
    }

    /// Whether no agent has a value.
    var isEmpty: Bool { values.allSatisfy { $0 == nil } }

    /// The agents that have a value, cores first.
    var agents: [Agent] { values.indices.filter { values[$0] != nil }.map(Self.agent) }

    /// Calls `body` with each agent that has a value, cores first.
    func visit(_ body: (Agent, Value) -> Void) {
        for place in values.indices {
            if let value = values[place] { body(Self.agent(place), value) }
        }
    }

    /// Lets `body` change each value in place, cores first.
    mutating func change(_ body: (Agent, inout Value) -> Void) {
        for place in values.indices {
            guard var value = values[place] else { continue }
            values[place] = nil
            body(Self.agent(place), &value)
            values[place] = value
        }
    }
}
