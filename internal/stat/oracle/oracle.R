# Writes ../testdata/r.json: what R says of the same data, for stat_r_test.go.
# Rscript oracle.R, with the packages survival and sandwich.
library(survival)
library(sandwich)

num <- function(x) paste0("[", paste(ifelse(is.finite(x), trimws(formatC(x, digits = 10, format = "g")), "null"), collapse = ","), "]")

km <- function(name, time, status) {
  fit <- survfit(Surv(time, status) ~ 1, conf.type = "log-log")
  q <- quantile(fit, probs = c(0.25, 0.5, 0.8))
  keep <- fit$n.event > 0
  sprintf('"%s": {"time": %s, "status": %s, "at": %s, "share": %s, "low": %s, "high": %s, "quantile": %s, "quantileLow": %s, "quantileHigh": %s}',
    name, num(time), num(status), num(fit$time[keep]), num(fit$surv[keep]), num(fit$lower[keep]), num(fit$upper[keep]),
    num(q$quantile), num(q$lower), num(q$upper))
}

aj <- function(name, time, cause) {
  fit <- survfit(Surv(time, factor(cause, 0:2)) ~ 1)
  sprintf('"%s": {"time": %s, "cause": %s, "at": %s, "first": %s, "second": %s}',
    name, num(time), num(cause), num(fit$time), num(fit$pstate[, 2]), num(fit$pstate[, 3]))
}

hac <- function(name, x, y, lag) {
  fit <- lm(y ~ x)
  se <- sqrt(diag(NeweyWest(fit, lag = lag, prewhite = FALSE, adjust = FALSE)))[2]
  half <- qt(0.975, length(x) - 2) * se
  sprintf('"%s": {"x": %s, "y": %s, "lag": %d, "slope": %s, "error": %s, "low": %s, "high": %s}',
    name, num(x), num(y), lag, num(coef(fit)[2]), num(se), num(coef(fit)[2] - half), num(coef(fit)[2] + half))
}

m <- aml[aml$x == "Maintained", ]
n <- aml[aml$x == "Nonmaintained", ]
set.seed(7)
mgus <- mgus2[1:200, ]
etime <- with(mgus, ifelse(pstat == 0, futime, ptime))
event <- with(mgus, ifelse(pstat == 0, 2 * death, 1))
k <- c(0, 1, 2, 5, 17, 120)
exact <- t(sapply(k, function(v) poisson.test(v)$conf.int))

out <- c(
  sprintf('"versions": "R %s.%s, survival %s, sandwich %s"', R.version$major, R.version$minor, packageVersion("survival"), packageVersion("sandwich")),
  paste0('"survival": {', paste(c(
    km("aml, maintained (Miller 1981)", m$time, m$status),
    km("aml, not maintained (Miller 1981)", n$time, n$status),
    km("lung (Loprinzi 1994)", lung$time, lung$status - 1)), collapse = ",\n"), "}"),
  paste0('"incidence": {', aj("mgus2, progression and death (Kyle 2002), the first 200", etime, event), "}"),
  paste0('"trend": {', paste(c(
    hac("Nile (Durbin and Koopman 2001)", as.numeric(time(Nile)), as.numeric(Nile), 4L),
    hac("LakeHuron (Brockwell and Davis 1991)", as.numeric(time(LakeHuron)), as.numeric(LakeHuron), 0L)), collapse = ",\n"), "}"),
  sprintf('"poisson": {"events": %s, "low": %s, "high": %s}', num(k), num(exact[, 1]), num(exact[, 2])))
writeLines(paste0("{\n", paste(out, collapse = ",\n"), "\n}"), "../testdata/r.json")
