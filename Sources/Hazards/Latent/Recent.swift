/// The last elements of a sequence, of which no more than so many are kept.
struct Recent<Element> {
    fileprivate var elements: [Element] = []
    /// Where the first that is kept stands.
    fileprivate var first = 0
    private let most: Int

    /// Makes an empty list that keeps `most` elements.
    init(_ most: Int) { self.most = most }

    /// Whether nothing is kept.
    var isEmpty: Bool { first == elements.count }

    /// How many elements are kept.
    var count: Int { elements.count - first }

    /// What is kept, the oldest first.
    var all: ArraySlice<Element> { elements[first...] }

    /// Adds the newest element, and forgets the oldest where there are too many.
    ///
    /// - Complexity: O(1) on average.
    mutating func append(_ element: Element) {
        elements.append(element)
        if count > most { first += 1 }
        if first > most {
            elements.removeFirst(first)
            first = 0
        }
    }

    /// Forgets elements.
    mutating func removeAll(where isGone: (Element) -> Bool) {
        guard all.contains(where: isGone) else { return }
        elements = all.filter { !isGone($0) }
        first = 0
    }
}

extension Recent {
    /// Changes each element where it is.
    mutating func changeAll(_ body: (inout Element) -> Void) {
        for place in first..<elements.count { body(&elements[place]) }
    }

    /// Puts other elements in the place of each.
    mutating func replace(_ body: (Element) -> [Element]) {
        elements = all.flatMap(body)
        first = 0
    }
}

/// The stretch of addresses in which all of some ranges lie.
struct Span {
    private var start = UInt64.max
    private var end: UInt64 = 0

    /// Takes a range in; one that ends beyond the last address makes it all of them.
    mutating func take(_ start: UInt64, _ end: UInt64) {
        if end < start {
            self.start = 0
            self.end = .max
        } else {
            self.start = min(self.start, start)
            self.end = max(self.end, end)
        }
    }

    /// Whether a range may have a byte of what was taken in.
    func overlaps(_ start: UInt64, _ end: UInt64) -> Bool { self.start < end && start < self.end }
}
