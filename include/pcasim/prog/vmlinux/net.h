/* SPDX-License-Identifier: MIT */
/*
 * vmlinux.h: what tracing programs read of sockets, packets in the kernel, devices.
 * The order of members is ours.
 */
#ifndef PCASIM_VMLINUX_NET_H
#define PCASIM_VMLINUX_NET_H

enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_FIN_WAIT1 = 4,
	TCP_FIN_WAIT2 = 5,
	TCP_TIME_WAIT = 6,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LAST_ACK = 9,
	TCP_LISTEN = 10,
	TCP_CLOSING = 11,
	TCP_NEW_SYN_RECV = 12,
	TCP_BOUND_INACTIVE = 13,
	TCP_MAX_STATES = 14,
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	union {
		__u64 skc_addrpair;
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
	};
	unsigned int skc_hash;
	union {
		__u32 skc_portpair;
		struct {
			__be16 skc_dport; /* of the network's byte order */
			__u16 skc_num;	  /* of the host's */
		};
	};
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	unsigned char skc_net_refcnt : 1;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	refcount_t skc_refcnt;
	int skc_incoming_cpu;
};

struct sk_buff_head {
	struct sk_buff *next, *prev;
	__u32 qlen;
	spinlock_t lock;
};

struct sock {
	struct sock_common __sk_common;
	int sk_rcvbuf;
	int sk_sndbuf;
	int sk_wmem_queued;
	u16 sk_type;
	u16 sk_protocol;
	u32 sk_mark;
	int sk_err;
	unsigned long sk_flags;
	u32 sk_priority;
	kuid_t sk_uid;
	u32 sk_ack_backlog, sk_max_ack_backlog;
	atomic_t sk_rmem_alloc;
	atomic_t sk_drops;
	unsigned char sk_shutdown;
	unsigned long sk_pacing_rate;
	struct sk_buff_head sk_receive_queue;
	struct sk_buff_head sk_write_queue;
	struct socket *sk_socket;
	void *sk_user_data;
};

struct ipv6_pinfo {
	struct in6_addr saddr;
	__be32 flow_label;
	s16 hop_limit;
};

struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;
	__be16 inet_sport;
	struct ipv6_pinfo *pinet6;
	unsigned long inet_flags;
	__s16 uc_ttl;
	__u8 tos;
};

struct request_sock {
	struct sock_common __req_common;
	struct request_sock *dl_next;
	u16 mss;
	u8 num_retrans;
	struct sock *sk;
};

struct inet_request_sock {
	struct request_sock req;
	u32 ir_mark;
};

struct tcp_request_sock {
	struct inet_request_sock req;
	u32 rcv_isn;
	u32 snt_isn;
};

struct inet_timewait_sock {
	struct sock_common __tw_common;
	__u32 tw_mark;
	unsigned char tw_substate;
	__be16 tw_sport;
};

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
	u32 tw_rcv_nxt;
	u32 tw_snd_nxt;
};

struct request_sock_queue {
	spinlock_t rskq_lock;
	atomic_t qlen;
	atomic_t young;
	struct request_sock *rskq_accept_head;
	struct request_sock *rskq_accept_tail;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct request_sock_queue icsk_accept_queue;
	__u32 icsk_rto;
	__u8 icsk_ca_state : 5;
	__u8 icsk_ca_initialized : 1;
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_backoff;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u16 tcp_header_len;
	u32 rcv_nxt, rcv_wnd, rcv_ssthresh, window_clamp, copied_seq;
	u32 snd_una, snd_nxt, snd_wnd, snd_cwnd, snd_ssthresh, write_seq;
	u32 mss_cache, advmss;
	u32 srtt_us, mdev_us, mdev_max_us, rttvar_us, rtt_seq;
	u32 packets_out, retrans_out, lost_out, sacked_out, total_retrans, lost, delivered;
	u32 segs_in, segs_out, data_segs_in, data_segs_out;
	u32 reordering;
	u64 bytes_sent, bytes_acked, bytes_received, bytes_retrans;
};

struct udp_sock {
	struct inet_sock inet;
	int pending;
	__u16 len;
};

struct sockaddr_un {
	__kernel_sa_family_t sun_family;
	char sun_path[108];
};

struct unix_address {
	refcount_t refcnt;
	int len;
	struct sockaddr_un name[];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

struct nlmsghdr {
	__u32 nlmsg_len;
	__u16 nlmsg_type;
	__u16 nlmsg_flags;
	__u32 nlmsg_seq;
	__u32 nlmsg_pid;
};

struct netlink_callback {
	struct sk_buff *skb;
	const struct nlmsghdr *nlh;
	int (*dump)(struct sk_buff *skb, struct netlink_callback *cb);
	void *data;
};

struct netlink_sock {
	struct sock sk;
	u32 portid;
	struct netlink_callback cb;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	unsigned int msg_flags;
	struct iov_iter msg_iter;
	void *msg_control;
	__kernel_size_t msg_controllen;
};

struct socket {
	unsigned int state;
	short type;
	unsigned long flags;
	struct file *file;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct net_device {
	char name[16];
	int ifindex;
	unsigned int mtu;
	unsigned int flags;
	possible_net_t nd_net;
	unsigned char *dev_addr;
	unsigned short type;
	unsigned int num_tx_queues, num_rx_queues;
	unsigned char reg_state;
};

struct netdev_queue {
	struct net_device *dev;
	unsigned long state;
};

struct napi_struct {
	unsigned long state;
	int weight;
	struct net_device *dev;
	unsigned int napi_id;
};

struct Qdisc {
	unsigned int flags;
	u32 limit;
	u32 handle;
	u32 parent;
	struct netdev_queue *dev_queue;
};

/* Some of them: of each release other ones have the numbers above. */
enum skb_drop_reason {
	SKB_NOT_DROPPED_YET = 0,
	SKB_CONSUMED = 1,
	SKB_DROP_REASON_NOT_SPECIFIED = 2,
	SKB_DROP_REASON_NO_SOCKET = 3,
};

enum sk_rst_reason {
	SK_RST_REASON_NOT_SPECIFIED = 0,
	SK_RST_REASON_NO_SOCKET = 1,
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	ktime_t tstamp;
	unsigned int len;
	unsigned int data_len;
	__u16 mac_len;
	__u16 hdr_len;
	__u32 mark;
	__u32 hash;
	__u32 priority;
	int skb_iif;
	__be16 protocol;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header;
	unsigned int tail;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
	char cb[48];
	unsigned int truesize;
	__u8 pkt_type : 3;
	__u8 ignore_df : 1;
	__u8 cloned : 1;
	__u8 ip_summed : 2;
	__u16 queue_mapping;
	__u16 vlan_tci;
	__be16 vlan_proto;
	__u16 inner_protocol;
	__u16 inner_transport_header;
	__u16 inner_network_header;
	unsigned int napi_id;
};

struct skb_shared_info {
	__u8 flags;
	__u8 meta_len;
	__u8 nr_frags;
	__u8 tx_flags;
	unsigned short gso_size;
	unsigned short gso_segs;
	struct sk_buff *frag_list;
	unsigned int gso_type;
};

struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	__u32 tcp_tw_isn;
	__u16 tcp_flags;
	__u8 sacked;
	__u8 ip_dsfield;
	__u32 ack_seq;
};

struct nf_hook_state {
	u8 hook;
	u8 pf;
	struct net_device *in;
	struct net_device *out;
	struct sock *sk;
	struct net *net;
};

#endif
