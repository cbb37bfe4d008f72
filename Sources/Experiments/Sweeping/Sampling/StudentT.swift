/// Student's t.
enum StudentT {
    /// The number that the absolute value of a t is below with a probability.
    ///
    /// With s = t / √(ν + t²) the probability is the integral of (1 - s²)^((ν - 2) / 2) up to s over that up to 1, which is
    /// worked out by Simpson's rule, and s by halving.
    ///
    /// - Parameters:
    ///   - freedom: The degrees of freedom, 3 or more.
    ///   - probability: Between 0 and 1.
    /// - Returns: the number, good to three digits.
    static func quantile(freedom: Int, probability: Double) -> Double {
        precondition(freedom >= 3 && probability > 0 && probability < 1)
        // From here on the normal distribution is as close as the bounds need.
        let freedom = min(freedom, 1_000)
        let all = integral(to: 1, freedom)
        var (low, high) = (0.0, 1.0)
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if integral(to: middle, freedom) < probability * all {
                low = middle
            } else {
                high = middle
            }
        }
        return low * (Double(freedom) / (1 - low * low)).squareRoot()
    }

    private static func integral(to end: Double, _ freedom: Int) -> Double {
        func density(_ s: Double) -> Double {
            let base = max(1 - s * s, 0)
            var (power, factor, rest) = (1.0, base, (freedom - 2) / 2)
            while rest > 0 {
                if rest & 1 == 1 { power *= factor }
                factor *= factor
                rest >>= 1
            }
            return freedom % 2 == 0 ? power : power * base.squareRoot()
        }
        let steps = 1_000
        let width = end / Double(steps)
        let inner = (1..<steps).reduce(0.0) { sum, step in
            sum + density(Double(step) * width) * (step % 2 == 1 ? 4 : 2)
        }
        return (density(0) + inner + density(end)) * width / 3
    }
}
